#pragma once

// Times in which the month is a word. Pure.

#include "common/times/civil_time.hpp"

#include <string_view>

namespace stalewatch {

/// A month by its English name, a day, a year of four digits and a clock, in whatever order and
/// with spaces or commas between; since the month is a word they can mean one thing only. Perhaps
/// with a weekday, a fraction, AM or PM, and a zone as read_offset_or_name has it: as `date` and
/// ctime()
/// ("Sun Nov 22 10:02:03 UTC 2026"), JavaScript ("Sun Nov 22 2026 10:02:03 GMT+0000 (...)") and
/// people
/// ("22 Nov 2026 10:02:03.164") write it. For a date in digits the error says which pattern to
/// write.
Result<WrittenTime> read_worded(std::string_view text);

}  // namespace stalewatch
