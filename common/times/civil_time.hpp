#pragma once

// What the readers of times share: a scanner over text, and the step from written fields to an
// instant. Pure.

#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch {

/// A time as somebody wrote it, not checked yet.
struct CivilTime {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int microsecond = 0;
  std::optional<int> offset;  ///< seconds east of UTC; nothing when none was written
  std::string zone;           ///< a zone's name or abbreviation; empty when none was written
};

/// A time whose fields are right.
struct WrittenTime {
  Timestamp clock;                             ///< what calendar and clock show, as if it were UTC
  std::optional<std::chrono::seconds> offset;  ///< east of UTC; nothing when none was written
  std::string zone{};      ///< a zone's name or what it calls itself; counts before the offset
  bool whole_day = false;  ///< no clock was written: its start is meant
};

/// Errors say which field is wrong: "month 13", "2026-02 has no day 30", "hour 25". 24:00:00 is the
/// end of the day; a leap second counts as the last microsecond of its minute, so that time never
/// runs backwards across one.
Result<WrittenTime> checked(const CivilTime& time);

/// Walks over a text once, from left to right. Nothing is skipped that was not asked for.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  char peek() const { return done() ? '\0' : rest_.front(); }
  bool take(char c);
  bool take_any(std::string_view chars);
  /// A number of at least `least` and at most `most` digits (most <= 9); takes nothing when there
  /// are fewer.
  std::optional<int> number(std::size_t least, std::size_t most);
  /// The digits after a decimal sign, at least one, as microseconds; finer ones are cut off.
  std::optional<int> microseconds();
  /// Letters A-Z and a-z, perhaps none.
  std::string_view letters();
  /// What stands before the next `end`, which is taken, too; takes nothing when there is none.
  std::optional<std::string_view> take_until(char end);

 private:
  std::string_view rest_;
};

/// Reads "Z", "z", "+02:00", "+0200", "+02", "+05:53:28" into time.offset. An error when there is
/// no such thing.
std::optional<Error> read_offset(Scanner& in, CivilTime& time);

/// "AM", "p.m.", "P. M." in any case: whether it is the afternoon. Takes nothing when it is
/// neither.
std::optional<bool> read_half_of_day(Scanner& in);
/// "12 AM" is 0, "9 PM" is 21; an error for what no clock of twelve hours shows.
Result<int> hour_of_day(int hour12, bool afternoon);

/// What to say of text that is no time at all.
inline const Error not_a_time{"not a time"};

/// What to say of text that is left where the time should have ended.
Error left_over(const Scanner& in);

/// Index of the weekday (0 = Sunday) or month (0 = January), by its first three letters or its full
/// name, in any case.
std::optional<int> weekday_from(std::string_view name);
std::optional<int> month_from(std::string_view name);

/// The time, if its day is this weekday (0 = Sunday).
Result<WrittenTime> on_weekday(const WrittenTime& written, int weekday);

}  // namespace stalewatch
