#pragma once

// What stands after the clock of a written time. Pure.

#include "common/times/civil_time.hpp"

#include <optional>
#include <string_view>

namespace stalewatch {

/// "UTC", "GMT", "UT" and "Z", in these spellings.
bool is_utc_name(std::string_view name);

/// Letters as in "CET" or "ChST"; whether any zone calls itself so is not known here.
bool is_abbreviation(std::string_view name);

/// Reads to the end of the text: nothing, an offset as read_offset has it, "UTC", "GMT+0100" or an
/// abbreviation, which goes into time.zone; spaces may stand before. What programs write behind is
/// let pass where it adds nothing: a zone after an offset ("+0100 CET"), Go's monotonic clock
/// ("m=+0.004"), JavaScript's "(Central European Standard Time)", and the suffixes of RFC 9557
/// ("[Europe/Prague]"); without an offset the zone in these goes into time.zone, too.
std::optional<Error> read_zone(Scanner& in, CivilTime& time);

/// The part of it before what is only let pass.
std::optional<Error> read_offset_or_name(Scanner& in, CivilTime& time);

}  // namespace stalewatch
