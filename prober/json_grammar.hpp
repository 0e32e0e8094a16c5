#pragma once

// JSON as Python's `json` reads it, which the script before us was written with: RFC 8259 and, in
// place of a value, NaN, Infinity and -Infinity; of escapes, surrogates without their other half.
// For what is not read at once: what is wrong with it, and where. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch::prober {

/// Python's reader goes some 990 levels deep, simdjson 1,024; who follows what is deeper would eat
/// his stack.
inline constexpr std::size_t max_json_depth = 1'000;

/// Whether this is a number, or one of the three names that stand for what no number is.
bool is_json_number(std::string_view token);

/// Each \uXXXX that is half of a pair becomes \ufffd, which is as long.
void replace_lone_surrogates(std::string& text);

/// The first place at which a text cannot go on being JSON.
struct JsonFault {
  std::string_view problem;  ///< "expected a value"
  std::size_t at = 0;        ///< bytes from the start of the text
};

/// Nothing when all of `text` is one JSON value of at most max_json_depth levels. Says what
/// Python's reader says, and where it says it; how a string is written in bytes is not looked at.
std::optional<JsonFault> find_json_fault(std::string_view text);

/// "line 3, column 17", both from 1; columns are characters of UTF-8.
std::string place_in(std::string_view text, std::size_t at);

}  // namespace stalewatch::prober
