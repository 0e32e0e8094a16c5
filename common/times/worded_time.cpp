#include "common/times/worded_time.hpp"

#include "common/base/ascii.hpp"
#include "common/times/time_pattern.hpp"
#include "common/times/zone_text.hpp"

namespace stalewatch {
namespace {

/// Takes one word after the other, each kind once.
class Reader {
 public:
  explicit Reader(std::string_view text) : in_(text) {}

  Result<WrittenTime> read() {
    for (skip_separators(); !in_.done(); skip_separators())
      if (!word()) return is_complete() ? left_over(in_) : not_a_time;
    if (month_ && day_ && year_ && !has_clock_) return Error{"a date without a clock"};
    if (!is_complete()) return not_a_time;
    time_.year = *year_, time_.month = *month_ + 1, time_.day = *day_;
    if (afternoon_) {
      const auto hour = hour_of_day(time_.hour, *afternoon_);
      if (!hour) return Error{hour.error()};
      time_.hour = *hour;
    }
    auto written = checked(time_);
    return written && weekday_ ? on_weekday(*written, *weekday_) : written;
  }

 private:
  bool is_complete() const { return month_ && day_ && year_ && has_clock_; }

  void skip_separators() {
    while (in_.take(' ')) continue;
    if (in_.take(','))
      while (in_.take(' ')) continue;
  }

  /// False for what is none, or comes twice.
  bool word() {
    if (is_digit(in_.peek())) return digits();
    if (is_letter(in_.peek()) && (name() || half_of_day())) return true;
    if (in_.peek() == '(') return comment();
    return zone();
  }

  bool digits() {
    Scanner ahead = in_;
    const auto number = ahead.number(1, 4);
    if (ahead.peek() == ':') return !has_clock_ && clock();
    const auto count = in_.rest().size() - ahead.rest().size();
    auto& part = count == 4 ? year_ : day_;
    if (part || count == 3 || is_digit(ahead.peek())) return false;
    part = number;
    in_ = ahead;
    return true;
  }

  bool name() {
    Scanner ahead = in_;
    const auto letters = ahead.letters();
    const auto month = month_ ? std::nullopt : month_from(letters);
    const auto weekday = month || weekday_ ? std::nullopt : weekday_from(letters);
    if (!month && !weekday) return false;
    (month ? month_ : weekday_) = month ? month : weekday;
    in_ = ahead;
    return true;
  }

  /// "10:02", "9:02:03.5"
  bool clock() {
    Scanner ahead = in_;
    const auto hour = ahead.number(1, 2);
    if (!hour || !ahead.take(':')) return false;
    const auto minute = ahead.number(2, 2);
    const auto second = ahead.take(':') ? ahead.number(2, 2) : std::optional{0};
    if (!minute || !second) return false;
    time_.hour = *hour, time_.minute = *minute, time_.second = *second;
    in_ = ahead;
    if (!ahead.take_any(".,")) return has_clock_ = true;
    if (const auto fraction = ahead.microseconds()) {
      time_.microsecond = *fraction;
      in_ = ahead;
    }
    return has_clock_ = true;
  }

  bool half_of_day() {
    Scanner ahead = in_;
    const auto afternoon = read_half_of_day(ahead);
    if (!has_clock_ || afternoon_ || !afternoon || is_letter(ahead.peek())) return false;
    afternoon_ = afternoon;
    in_ = ahead;
    return true;
  }

  bool zone() {
    if (!has_clock_ || time_.offset || !time_.zone.empty()) return false;
    return !read_offset_or_name(in_, time_);
  }

  /// What JavaScript calls the zone, after its offset.
  bool comment() {
    Scanner ahead = in_;
    if (!time_.offset || !ahead.take('(') || !ahead.take_until(')') || !ahead.done()) return false;
    in_ = ahead;
    return true;
  }

  Scanner in_;
  CivilTime time_;
  std::optional<int> weekday_, month_, day_, year_;
  std::optional<bool> afternoon_;
  bool has_clock_ = false;
};

}  // namespace

Result<WrittenTime> read_worded(std::string_view text) {
  auto written = Reader(text).read();
  if (written || written.error() != not_a_time.message) return written;
  const auto patterns = patterns_for(text);
  return patterns.empty() ? not_a_time : Error{patterns};
}

}  // namespace stalewatch
