#include "common/times/civil_time.hpp"

#include "common/base/ascii.hpp"
#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace stalewatch {
namespace {

using std::to_string;

std::string two_digits(int n) { return (n < 10 ? "0" : "") + to_string(n); }

/// Leap seconds fall on the end of a UTC hour, and all offsets are multiples of a quarter of one.
bool may_be_leap_second(const CivilTime& t) { return t.second == 60 && t.minute % 15 == 14; }

bool is_end_of_day(const CivilTime& t) {
  return t.hour == 24 && t.minute == 0 && t.second == 0 && t.microsecond == 0;
}

std::optional<int> index_of(std::string_view name, const auto& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view full = names[i];
    if (name.size() != 3 && name.size() != full.size()) continue;
    if (equal_in_any_case(name, full.substr(0, name.size()))) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace

Result<WrittenTime> checked(const CivilTime& t) {
  using namespace std::chrono;
  if (t.month < 1 || t.month > 12) return Error{"month " + to_string(t.month)};
  const year_month_day date{year{t.year}, month{static_cast<unsigned>(t.month)},
                            day{static_cast<unsigned>(t.day)}};
  if (!date.ok())
    return Error{to_string(t.year) + "-" + two_digits(t.month) + " has no day " + to_string(t.day)};
  if (t.hour > 23 && !is_end_of_day(t)) return Error{"hour " + to_string(t.hour)};
  if (t.minute > 59) return Error{"minute " + to_string(t.minute)};
  const bool leap = may_be_leap_second(t);
  if (t.second > 59 && !leap) return Error{"second " + to_string(t.second)};
  WrittenTime written{
      sys_days{date} + hours{t.hour} + minutes{t.minute} +
          (leap ? seconds{60} - microseconds{1} : seconds{t.second} + microseconds{t.microsecond}),
      std::nullopt, t.zone};
  if (t.offset) written.offset = seconds{*t.offset};
  return written;
}

bool Scanner::take(char c) {
  if (done() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

bool Scanner::take_any(std::string_view chars) {
  return !done() && chars.find(rest_.front()) != chars.npos && take(rest_.front());
}

std::optional<int> Scanner::number(std::size_t least, std::size_t most) {
  std::size_t digits = 0;
  int value = 0;
  while (digits < most && digits < rest_.size() && is_digit(rest_[digits]))
    value = value * 10 + (rest_[digits++] - '0');
  if (digits < least) return std::nullopt;
  rest_.remove_prefix(digits);
  return value;
}

std::optional<int> Scanner::microseconds() {
  if (!is_digit(peek())) return std::nullopt;
  int value = 0, unit = 100'000;
  for (; is_digit(peek()); rest_.remove_prefix(1), unit /= 10) value += (peek() - '0') * unit;
  return value;
}

std::string_view Scanner::letters() {
  const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_letter);
  const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  rest_.remove_prefix(taken.size());
  return taken;
}

std::optional<std::string_view> Scanner::take_until(char end) {
  const auto length = rest_.find(end);
  if (length == rest_.npos) return std::nullopt;
  const auto taken = rest_.substr(0, length);
  rest_.remove_prefix(length + 1);
  return taken;
}

std::optional<Error> read_offset(Scanner& in, CivilTime& time) {
  if (in.take_any("Zz")) {
    time.offset = 0;
    return std::nullopt;
  }
  const bool west = in.peek() == '-';
  if (!in.take_any("+-")) return left_over(in);
  const auto hours = in.number(2, 2);
  if (!hours) return Error{"an offset without hours"};
  const bool colons = in.take(':');
  const auto minutes = in.number(2, 2);
  if (colons && !minutes) return Error{"an offset without minutes"};
  const bool more = minutes && colons && in.take(':');
  const auto seconds = more ? in.number(2, 2) : std::optional{0};
  if (!seconds || *hours > 23 || minutes.value_or(0) > 59 || *seconds > 59)
    return Error{"an offset that does not exist"};
  const int east = *hours * 3600 + minutes.value_or(0) * 60 + *seconds;
  time.offset = west ? -east : east;
  return std::nullopt;
}

std::optional<bool> read_half_of_day(Scanner& in) {
  Scanner ahead = in;
  const bool afternoon = ahead.take_any("pP");
  if (!afternoon && !ahead.take_any("aA")) return std::nullopt;
  const bool points = ahead.take('.');
  while (points && ahead.take(' ')) continue;
  if (!ahead.take_any("mM") || (points && !ahead.take('.'))) return std::nullopt;
  in = ahead;
  return afternoon;
}

Result<int> hour_of_day(int hour12, bool afternoon) {
  if (hour12 < 1 || hour12 > 12) return Error{"hour " + to_string(hour12)};
  return hour12 % 12 + (afternoon ? 12 : 0);
}

Error left_over(const Scanner& in) {
  return Error{"unexpected \"" + escape_value(in.rest(), 20) + "\" at its end"};
}

std::optional<int> weekday_from(std::string_view name) {
  static constexpr std::array<std::string_view, 7> names = {
      "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  return index_of(name, names);
}

std::optional<int> month_from(std::string_view name) {
  static constexpr std::array<std::string_view, 12> names = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  return index_of(name, names);
}

Result<WrittenTime> on_weekday(const WrittenTime& written, int weekday) {
  const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(written.clock)};
  if (day.c_encoding() == static_cast<unsigned>(weekday)) return written;
  return Error{"the weekday is not the date's"};
}

}  // namespace stalewatch
