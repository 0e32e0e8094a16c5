#include "common/times/time_texts.hpp"

#include "common/times/zone_text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace stalewatch {
namespace {

std::optional<Error> read_fraction(Scanner& in, CivilTime& time) {
  if (!in.take_any(".,")) return std::nullopt;
  const auto microsecond = in.microseconds();
  if (!microsecond) return Error{"a decimal sign without digits"};
  time.microsecond = *microsecond;
  return std::nullopt;
}

/// "10:02", "10:02:03" and, where allowed, "10:02:03.5".
std::optional<Error> read_clock(Scanner& in, CivilTime& time, bool fraction_allowed) {
  const auto hour = in.number(2, 2);
  if (!hour || !in.take(':')) return not_a_time;
  const auto minute = in.number(2, 2);
  if (!minute) return not_a_time;
  time.hour = *hour, time.minute = *minute;
  if (!in.take(':')) return std::nullopt;
  const auto second = in.number(2, 2);
  if (!second) return not_a_time;
  time.second = *second;
  return fraction_allowed ? read_fraction(in, time) : std::nullopt;
}

/// "100203" and, without its colons, all else that read_clock reads.
std::optional<Error> read_basic_clock(Scanner& in, CivilTime& time) {
  const auto hour = in.number(2, 2), minute = in.number(2, 2);
  if (!hour || !minute) return not_a_time;
  time.hour = *hour, time.minute = *minute;
  const auto second = in.number(2, 2);
  if (!second) return std::nullopt;
  time.second = *second;
  return read_fraction(in, time);
}

/// "2026-11-22", "2026/11/22"; `basic`: "20261122".
std::optional<Error> read_date(Scanner& in, CivilTime& time, bool& basic) {
  const auto year = in.number(4, 4);
  const char between = in.peek();
  basic = !in.take_any("-/");
  const auto month = in.number(2, 2);
  if (!year || !month || (!basic && !in.take(between))) return not_a_time;
  const auto day = in.number(2, 2);
  if (!day) return not_a_time;
  time.year = *year, time.month = *month, time.day = *day;
  if (!basic && in.done())
    return Error{
        "a date without a clock; as time_format: \"%Y-%m-%d\" it is the start of that day"};
  return std::nullopt;
}

struct NamedZone {
  std::string_view name;
  int hours;
};

// RFC 822, 5.1, with "UTC", which it forgot. Its military letters are not here: they were defined
// with the wrong sign there, so that nobody can know what they mean.
constexpr std::array<NamedZone, 12> rfc822_zones = {{{"GMT", 0},
                                                     {"UTC", 0},
                                                     {"UT", 0},
                                                     {"Z", 0},
                                                     {"EST", -5},
                                                     {"EDT", -4},
                                                     {"CST", -6},
                                                     {"CDT", -5},
                                                     {"MST", -7},
                                                     {"MDT", -6},
                                                     {"PST", -8},
                                                     {"PDT", -7}}};

std::optional<Error> read_rfc822_zone(Scanner& in, CivilTime& time) {
  if (in.peek() == '+' || in.peek() == '-') return read_offset(in, time);
  const auto name = in.letters();
  const auto* const zone = std::find_if(rfc822_zones.begin(), rfc822_zones.end(),
                                        [&](const NamedZone& z) { return z.name == name; });
  if (zone == rfc822_zones.end()) return Error{"a zone that RFC 1123 does not know"};
  time.offset = zone->hours * 3600;
  if (!is_utc_name(name)) time.zone = name;
  return std::nullopt;
}

/// "22 Nov 2026"
std::optional<Error> read_rfc1123_date(Scanner& in, CivilTime& time) {
  const auto day = in.number(1, 2);
  if (!day || !in.take(' ')) return not_a_time;
  const auto month = month_from(in.letters());
  if (!month || !in.take(' ')) return not_a_time;
  const auto year = in.number(4, 4);
  if (!year || !in.take(' ')) return not_a_time;
  time.year = *year, time.month = *month + 1, time.day = *day;
  return std::nullopt;
}

/// A decimal number as its digits and the place of its point: 0.`digits` x 10^`point`.
struct Decimal {
  bool negative = false;
  std::string digits;  // no zeros at either end; empty for zero
  int point = 0;
};

std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal number;
  Scanner in(text);
  number.negative = in.take('-');
  std::size_t count = 0, fraction = 0;
  bool in_fraction = false;
  for (; !in.done(); ++count) {
    if (const auto digit = in.number(1, 1)) {
      number.digits += static_cast<char>('0' + *digit);
      fraction += in_fraction ? 1 : 0;
    } else if (!in_fraction && count > 0 && in.take('.')) {
      in_fraction = true;
    } else {
      break;
    }
  }
  if (number.digits.empty() || (in_fraction && fraction == 0)) return std::nullopt;
  int exponent = 0;
  if (in.take_any("eE")) {
    const bool small = in.peek() == '-';
    in.take_any("+-");
    const auto value = in.number(1, 4);  // more digits than any number that means a time
    if (!value) return std::nullopt;
    exponent = small ? -*value : *value;
  }
  if (!in.done()) return std::nullopt;
  number.point = static_cast<int>(number.digits.size() - fraction) + exponent;
  const auto zeros = std::min(number.digits.find_first_not_of('0'), number.digits.size());
  number.digits.erase(0, zeros);
  number.point -= static_cast<int>(zeros);
  return number;
}

/// The power of ten that makes microseconds of it, or the unit's guess by the number of digits
/// before the point.
int to_microseconds(EpochUnit unit, int point) {
  switch (unit) {
    case EpochUnit::s:
      return 6;
    case EpochUnit::ms:
      return 3;
    case EpochUnit::us:
      return 0;
    case EpochUnit::ns:
      return -3;
    case EpochUnit::guessed:
      break;
  }
  return point <= 11 ? 6 : point <= 14 ? 3 : point <= 17 ? 0 : -3;
}

}  // namespace

Result<WrittenTime> read_rfc3339(std::string_view text) {
  Scanner in(text);
  CivilTime time;
  bool basic = false;
  if (auto error = read_date(in, time, basic)) return *error;
  if (!in.take_any(basic ? "Tt" : "Tt ")) return basic ? not_a_time : left_over(in);
  const bool colons = in.rest().size() > 2 && in.rest()[2] == ':';
  if (auto error = basic && !colons ? read_basic_clock(in, time) : read_clock(in, time, true))
    return *error;
  if (auto error = read_zone(in, time)) return *error;
  return checked(time);
}

Result<WrittenTime> read_rfc1123(std::string_view text) {
  Scanner in(text);
  CivilTime time;
  std::optional<int> weekday;
  if (const auto name = in.letters(); !name.empty()) {
    weekday = weekday_from(name);
    if (!weekday || !in.take(',') || !in.take(' ')) return not_a_time;
  }
  if (auto error = read_rfc1123_date(in, time)) return *error;
  if (auto error = read_clock(in, time, false)) return *error;
  if (in.take(' '))
    if (auto error = read_rfc822_zone(in, time)) return *error;
  if (!in.done()) return left_over(in);
  auto written = checked(time);
  return written && weekday ? on_weekday(*written, *weekday) : written;
}

Result<Timestamp> read_epoch(std::string_view text, EpochUnit unit) {
  constexpr std::size_t longest = 64;  // characters; far more than any clock counts
  if (text.size() > longest) return Error{"too long for a number of seconds"};
  const auto number = read_decimal(text);
  if (!number) return not_a_time;
  const bool like_a_year = number->digits.starts_with("19") || number->digits.starts_with("20");
  if (unit == EpochUnit::guessed && number->point == 14 && like_a_year)  // or ms after 2570
    return Error{"rather a date without dashes; write time_format: \"%Y%m%d%H%M%S\""};
  const int places = number->point + to_microseconds(unit, number->point);
  if (number->digits.empty() || places <= 0) return Timestamp{};
  if (places > 18) return Error{"too large for a time"};
  std::int64_t us = 0;
  for (int i = 0; i < places; ++i) {
    const auto place = static_cast<std::size_t>(i);
    us = us * 10 + (place < number->digits.size() ? number->digits[place] - '0' : 0);
  }
  constexpr Timestamp first_guessed = std::chrono::sys_days{std::chrono::year{1980} / 1 / 1};
  if (unit == EpochUnit::guessed && !number->negative && timestamp_from_us(us) < first_guessed)
    return Error{"too small for an epoch"};
  return timestamp_from_us(number->negative ? -us : us);
}

Result<Timestamp> read_dotnet_date(std::string_view text) {
  constexpr std::string_view opening = "/Date(", closing = ")/";
  if (!text.starts_with(opening) || !text.ends_with(closing)) return not_a_time;
  text.remove_prefix(opening.size());
  text = text.substr(0, text.find(closing));
  constexpr std::size_t offset_length = 5;  // "+0100"
  const auto sign = text.find_last_of("+-");
  if (sign != text.npos && sign > 0 && sign + offset_length == text.size())
    text.remove_suffix(offset_length);
  return read_epoch(text, EpochUnit::ms);
}

}  // namespace stalewatch
