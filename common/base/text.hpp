#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stalewatch {

/// Makes bytes from outside fit to be shown: valid UTF-8 stays, control characters (newlines and
/// terminal escapes among them) and invalid bytes become \n, \t, \x1b ...; cut to at most `max`
/// bytes on a character boundary, "..." at the end.
std::string escape_untrusted(std::string_view bytes, std::size_t max = 200);

/// As escape_untrusted, and blanks that are no plain spaces become \u202f ...: for values of which
/// every character counts.
std::string escape_value(std::string_view bytes, std::size_t max = 200);

/// Each white space of Unicode, tabs and line ends among them, as a plain space.
std::string with_plain_spaces(std::string_view text);

/// Valid UTF-8, each invalid byte replaced by U+FFFD.
std::string to_valid_utf8(std::string_view bytes);

/// The address without user, password and fragment, and with the query's values hidden when they
/// look like secrets.
std::string address_for_people(std::string_view url);

/// Damerau-Levenshtein distance, for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace stalewatch
