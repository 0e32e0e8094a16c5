#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch {

/// An instant, UTC, microseconds since the epoch. The only kind of instant on the wire and on disk.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
/// A length of time, signed, in microseconds.
using Duration = std::chrono::microseconds;
/// A point of the monotonic clock: deadlines and waits, immune to steps of the wall clock.
using SteadyTime = std::chrono::steady_clock::time_point;

/// Both clocks, read together once per turn of a loop and handed down; pure code never reads a
/// clock.
struct Now {
  SteadyTime mono;
  Timestamp wall;
};

constexpr std::int64_t to_us(Timestamp t) { return t.time_since_epoch().count(); }
constexpr std::int64_t to_us(Duration d) { return d.count(); }
constexpr Timestamp timestamp_from_us(std::int64_t us) { return Timestamp{Duration{us}}; }

/// "2026-11-22T10:02:03.5Z": RFC 3339, UTC, as many fraction digits as needed (none to six).
std::string format_utc(Timestamp t);
/// "2026-11-22 12:02:03+02:00": local time by TZ, whole seconds, with its offset. For people.
std::string format_local(Timestamp t);
/// "12:02:03+02:00": as format_local, without the date.
std::string format_local_clock(Timestamp t);

/// For people: the two most significant units, "850ms", "12s", "31m", "2h05m", "3d4h"; negative
/// with "-".
std::string format_duration(Duration d);
/// Exact, and parse_duration's inverse: "15m", "90s", "1500ms", "7us".
std::string format_duration_exact(Duration d);
/// Reads "200ms", "90s", "15m", "2h", "1d", "1h30m", "1.5s"; units us, ms, s, m, h, d, w. Nothing
/// for anything else, a bare number included, negative values included, and values above 100 years.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace stalewatch
