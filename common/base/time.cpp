#include "common/base/time.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <limits>

namespace stalewatch {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;

// RFC 3339 has four digits for the year. Instants beyond are shown as the last one it can write;
// what is stored and compared is never changed.
constexpr Timestamp first_shown = sys_days{std::chrono::year{0} / 1 / 1};
constexpr Timestamp last_shown =
    sys_days{std::chrono::year{10000} / 1 / 1} - std::chrono::microseconds{1};

/// The fields of an instant, of the UTC day or of the local one.
struct Fields {
  int year, month, day, hour, minute, second, microsecond;
};

Fields split(Timestamp t) {
  const auto day = floor<days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{t - day};
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          static_cast<int>(clock.subseconds().count())};
}

template <typename... Values>
std::string printed(const char* format, Values... values) {
  std::array<char, 96> buffer;  // the longest, a date and a clock with an offset, has 32 characters
  const int length = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

struct Local {
  Fields fields;
  std::string offset;  // "+02:00"
};

Local localise(Timestamp t) {
  const Timestamp shown = std::clamp(t, first_shown + days{1}, last_shown - days{1});
  const std::time_t seconds = floor<std::chrono::seconds>(shown).time_since_epoch().count();
  std::tm parts{};
  localtime_r(&seconds, &parts);
  const long east = parts.tm_gmtoff;
  const long minutes = std::abs(east) / 60;
  return {split(shown + std::chrono::seconds{east}),
          printed("%c%02ld:%02ld", east < 0 ? '-' : '+', minutes / 60, minutes % 60)};
}

struct Unit {
  std::string_view name;
  std::int64_t us;
};

// From large to small: the order in which a duration's parts have to stand.
constexpr std::array<Unit, 7> units = {{{"w", 604'800'000'000},
                                        {"d", 86'400'000'000},
                                        {"h", 3'600'000'000},
                                        {"m", 60'000'000},
                                        {"s", 1'000'000},
                                        {"ms", 1'000},
                                        {"us", 1}}};

// No limit or interval is meant to be longer; what is, is a slip of the unit.
constexpr std::int64_t longest_us = 36'525 * units[1].us;

std::string_view take(std::string_view& text, bool (*wanted)(char)) {
  std::size_t n = 0;
  while (n < text.size() && wanted(text[n])) ++n;
  const auto taken = text.substr(0, n);
  text.remove_prefix(n);
  return taken;
}

/// `whole`.`fraction` times `unit`, when that is a whole number of microseconds within the limit.
std::optional<std::int64_t> scaled(std::string_view whole, std::string_view fraction,
                                   std::int64_t unit) {
  std::int64_t us = 0;
  for (const char c : whole) {
    us = us * 10 + (c - '0') * unit;
    if (us > longest_us) return std::nullopt;
  }
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  for (const char c : fraction) {
    if (unit % 10 != 0) return std::nullopt;  // finer than a microsecond
    unit /= 10;
    us += (c - '0') * unit;
  }
  return us;
}

}  // namespace

std::string format_utc(Timestamp t) {
  const Fields f = split(std::clamp(t, first_shown, last_shown));
  std::string text =
      printed("%04d-%02d-%02dT%02d:%02d:%02d", f.year, f.month, f.day, f.hour, f.minute, f.second);
  if (f.microsecond != 0) {
    text += printed(".%06d", f.microsecond);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + 'Z';
}

std::string format_local(Timestamp t) {
  const auto [f, offset] = localise(t);
  return printed("%04d-%02d-%02d %02d:%02d:%02d", f.year, f.month, f.day, f.hour, f.minute,
                 f.second) +
         offset;
}

std::string format_local_clock(Timestamp t) {
  const auto [f, offset] = localise(t);
  return printed("%02d:%02d:%02d", f.hour, f.minute, f.second) + offset;
}

std::string format_duration(Duration d) {
  const std::int64_t us = d.count();
  if (us == std::numeric_limits<std::int64_t>::min()) return format_duration(d + Duration{1});
  if (us < 0) return '-' + format_duration(-d);
  if (us == 0) return "0s";
  if (us < 1'000) return std::to_string(us) + "us";
  if (us < 1'000'000) return std::to_string(us / 1'000) + "ms";
  const std::int64_t tenths = us / 100'000 % 10, s = us / 1'000'000;
  if (s < 10 && tenths != 0)
    return printed("%d.%ds", static_cast<int>(s), static_cast<int>(tenths));
  if (s < 60) return std::to_string(s) + "s";
  const std::int64_t m = s / 60, h = m / 60, day = h / 24;
  if (day > 0) return std::to_string(day) + "d" + (h % 24 ? std::to_string(h % 24) + "h" : "");
  const auto pair = [](std::int64_t large, char name, std::int64_t small, char small_name) {
    const auto text = std::to_string(large) + name;
    return small ? text + printed("%02d%c", static_cast<int>(small), small_name) : text;
  };
  return h > 0 ? pair(h, 'h', m % 60, 'm') : pair(m, 'm', s % 60, 's');
}

std::string format_duration_exact(Duration d) {
  if (d.count() == 0) return "0s";
  for (const auto& unit : units)  // weeks are read, not written: people count in days
    if (unit.name != "w" && d.count() % unit.us == 0)
      return std::to_string(d.count() / unit.us) + std::string(unit.name);
  return {};  // not reached: everything divides by a microsecond
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const auto whole = take(text, is_digit);
    std::string_view fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = take(text, is_digit);
      if (fraction.empty()) return std::nullopt;
    }
    const auto name = take(text, [](char c) { return c >= 'a' && c <= 'z'; });
    const auto* const unit = std::find_if(units.begin() + next_unit, units.end(),
                                          [&](const Unit& u) { return u.name == name; });
    if (whole.empty() || unit == units.end()) return std::nullopt;
    next_unit = static_cast<std::size_t>(unit - units.begin()) + 1;
    const auto us = scaled(whole, fraction, unit->us);
    if (!us || (total += *us) > longest_us) return std::nullopt;
  }
  return Duration{total};
}

}  // namespace stalewatch
