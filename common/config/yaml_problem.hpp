#pragma once

#include "common/config/yaml_events.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch {

/// What the parser's complaint means to somebody who wrote a configuration: what is wrong in that
/// line and what to do. `mark` is moved to the line that is really meant, when it is another one.
std::string explain_yaml_problem(std::string_view text, const std::string& said, YamlMark& mark);

/// Of a key that nothing follows: that the line is plain words and no entry at all, if it is.
std::optional<std::string> explain_lone_words(std::string_view text, std::size_t position);

/// Whether the quoted text that begins at `position` ends anywhere; the parser takes the end of the
/// file for its end.
bool is_quote_closed(std::string_view text, std::size_t position);

}  // namespace stalewatch
