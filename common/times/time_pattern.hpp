#pragma once

// Times written by a strptime pattern of the configuration. Pure; the C library's strptime would
// follow the process' locale, knows no fractions, and is silent about text that is left over.

#include "common/times/civil_time.hpp"

#include <string>
#include <string_view>

namespace stalewatch {

/// Throws std::runtime_error for a pattern with an unknown directive or without a complete date.
/// Known are %Y %y %m %d %e %b %B %h %a %A %H %I %p %M %S %f %z %Z %F %D %T %R %% and literal text;
/// a space stands for any number of them, or of other white space that TimeFormat made spaces. %f
/// takes any number of digits, %z what read_offset takes, %Z "UTC", "GMT", "UT", "Z" and what may
/// be an abbreviation. Without an hour it is a whole day.
void check_pattern(std::string_view pattern);

/// Reads the whole text or says what is wrong with it. `pattern` has passed check_pattern.
Result<WrittenTime> read_by_pattern(std::string_view text, std::string_view pattern);

/// For a date in digits that ends with its year, perhaps with a clock: what to say of it, with the
/// pattern that would read it, or the two of which one is meant. Empty for anything else.
std::string patterns_for(std::string_view text);

}  // namespace stalewatch
