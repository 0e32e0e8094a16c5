#pragma once

// Readers of the usual ways to write a time. Each reads the whole text or says what is wrong with
// it. Pure.

#include "common/times/civil_time.hpp"

#include <string_view>

namespace stalewatch {

/// RFC 3339 in all its spellings, Python's str(datetime) among them: a date, "T", "t" or a space, a
/// clock whose seconds may be missing, a fraction of any number of digits after "." or "," (cut to
/// microseconds), and perhaps an offset or a zone as read_zone has them; slashes for dashes, or ISO
/// 8601's basic form, "20261122T100203Z". "-00:00", an unknown local offset, counts as UTC (RFC
/// 3339, 4.3).
Result<WrittenTime> read_rfc3339(std::string_view text);

/// "Sun, 22 Nov 2026 10:02:03 GMT": RFC 1123 and HTTP-date, the weekday and the seconds optional,
/// the zone a numeric offset or one of RFC 822's names; these go into `zone`, too, for the target's
/// own zone to have the first word ("CST"). A weekday that is not the date's is an error.
Result<WrittenTime> read_rfc1123(std::string_view text);

/// "/Date(1795341723000)/", as .NET writes it into JSON: milliseconds since 1970; the offset in
/// "/Date(1795341723000+0100)/" says only how to show it.
Result<Timestamp> read_dotnet_date(std::string_view text);

/// The unit of a number that counts from 1970-01-01T00:00:00Z. `guessed`: by the digits before the
/// point, up to 11 are seconds, up to 14 ms, up to 17 us, more ns; what would be before 1980 by
/// that is an error, since it is rather a date without its dashes.
enum class EpochUnit { guessed, s, ms, us, ns };

/// Digits with an optional sign, fraction and exponent; exact, finer than microseconds cut off.
/// Zero and negative numbers are read as what they are.
Result<Timestamp> read_epoch(std::string_view text, EpochUnit unit);

}  // namespace stalewatch
