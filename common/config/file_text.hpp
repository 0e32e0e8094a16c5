#pragma once

// The bytes of a configuration file before YAML: which are no text, and what other editors leave
// behind in it. Pure.

#include "common/config/yaml_events.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace stalewatch {

/// "UTF-16" or "UTF-32" when the first bytes tell that it is that; else "".
std::string_view foreign_encoding(std::string_view bytes);

struct BadByte {
  YamlMark mark;
  std::string message;
};

/// The first byte that YAML, which is UTF-8 text without control characters, does not allow.
std::optional<BadByte> find_bad_byte(std::string_view text);

/// The first character in a line that people take for a space or a quote, and YAML does not, and
/// what to write: "there is a no-break space (U+00A0) in column 12; write a plain one, or none"; ""
/// when there is none.
std::string lookalike_in(std::string_view line);

/// A space that YAML knows nothing of, as the first or last character: "a no-break space (U+00A0)";
/// "" when there is none.
std::string lookalike_around(std::string_view value);

/// Whether a line is indented by such a space, or has one right after a colon.
bool has_lookalike_in_structure(std::string_view line);

}  // namespace stalewatch
