#include "common/times/time_pattern.hpp"

#include "common/times/zone_text.hpp"

#include <stdexcept>

namespace stalewatch {
namespace {

/// What a pattern has collected so far.
struct Collected {
  CivilTime time;
  std::optional<int> hour12;
  std::optional<bool> afternoon;
  std::optional<int> weekday;
  bool has_clock = false;
};

/// Directives that stand for several others; nothing for any other.
std::string_view expansion_of(char directive) {
  switch (directive) {
    case 'F':
      return "%Y-%m-%d";
    case 'D':
      return "%m/%d/%y";
    case 'T':
      return "%H:%M:%S";
    case 'R':
      return "%H:%M";
    default:
      return {};
  }
}

bool store(std::optional<int> value, int& field) {
  if (value) field = *value;
  return value.has_value();
}

template <typename T>
bool store(std::optional<T> value, std::optional<T>& field) {
  if (value) field = value;
  return value.has_value();
}

bool read_month_name(Scanner& in, int& month) {
  if (!store(month_from(in.letters()), month)) return false;
  ++month;  // names count from 0
  return true;
}

bool read_short_year(Scanner& in, int& year) {
  if (!store(in.number(2, 2), year)) return false;
  year += year < 69 ? 2000 : 1900;  // as POSIX has it
  return true;
}

bool read_zone_name(Scanner& in, CivilTime& time) {
  const auto name = in.letters();
  if (is_utc_name(name))
    time.offset = 0;
  else
    time.zone = name;
  return time.zone.empty() || is_abbreviation(name);
}

bool read_directive(char directive, Scanner& in, Collected& c) {
  switch (directive) {
    case 'Y':
      return store(in.number(4, 4), c.time.year);
    case 'y':
      return read_short_year(in, c.time.year);
    case 'm':
      return store(in.number(1, 2), c.time.month);
    case 'e':
      in.take(' ');
      return store(in.number(1, 2), c.time.day);
    case 'd':
      return store(in.number(1, 2), c.time.day);
    case 'b':
    case 'B':
    case 'h':
      return read_month_name(in, c.time.month);
    case 'a':
    case 'A':
      return store(weekday_from(in.letters()), c.weekday);
    case 'H':
      c.has_clock = true;
      return store(in.number(1, 2), c.time.hour);
    case 'I':
      return store(in.number(1, 2), c.hour12);
    case 'p':
      return store(read_half_of_day(in), c.afternoon);
    case 'M':
      return store(in.number(1, 2), c.time.minute);
    case 'S':
      return store(in.number(1, 2), c.time.second);
    case 'f':
      return store(in.microseconds(), c.time.microsecond);
    case 'z':
      return !read_offset(in, c.time);
    case 'Z':
      return read_zone_name(in, c.time);
    case '%':
      return in.take('%');
    default:
      return false;  // check_pattern has refused it
  }
}

bool read_pattern(std::string_view pattern, Scanner& in, Collected& c) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == ' ') {
      while (in.take(' ')) continue;
    } else if (pattern[i] != '%') {
      if (!in.take(pattern[i])) return false;
    } else if (const auto several = expansion_of(pattern[++i]); !several.empty()) {
      if (!read_pattern(several, in, c)) return false;
    } else if (!read_directive(pattern[i], in, c)) {
      return false;
    }
  }
  return true;
}

/// The pattern of all that follows a date; nothing when that is no clock.
std::optional<std::string> clock_pattern(Scanner& in) {
  std::string pattern;
  while (in.peek() == ',' || in.peek() == ' ') {
    if (in.peek() != ' ' || !pattern.ends_with(' ')) pattern += in.peek();
    in.take_any(", ");
  }
  if (in.done()) return pattern;
  if (!in.number(1, 2) || !in.take(':') || !in.number(2, 2)) return std::nullopt;
  std::string rest = ":%M";
  if (in.take(':')) {
    if (!in.number(2, 2)) return std::nullopt;
    rest += ":%S";
    const char sign = in.peek();
    if (in.take_any(".,")) {
      if (!in.microseconds()) return std::nullopt;
      rest += std::string(1, sign) + "%f";
    }
  }
  if (in.take(' ')) rest += ' ';
  const bool twelve_hours = read_half_of_day(in).has_value();
  if (!in.done()) return std::nullopt;
  return pattern + (twelve_hours ? "%I" + rest + "%p" : "%H" + rest);
}

void add_directives(std::string_view pattern, std::string& all) {
  constexpr std::string_view known = "YymdebBhaAHIpMSfzZFDTR%";
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') continue;
    const char directive = ++i < pattern.size() ? pattern[i] : '\0';
    if (directive == '\0') throw std::runtime_error("time format ends with a lone %");
    if (known.find(directive) == known.npos)
      throw std::runtime_error(std::string("time format has an unknown directive %") + directive);
    all += directive;
    add_directives(expansion_of(directive), all);
  }
}

}  // namespace

void check_pattern(std::string_view pattern) {
  std::string all;
  add_directives(pattern, all);
  const auto has = [&](std::string_view any) { return all.find_first_of(any) != all.npos; };
  if (!has("Yy") || !has("mbBh") || !has("de"))
    throw std::runtime_error("time format has no complete date (year, month and day)");
  if (has("I") != has("p"))
    throw std::runtime_error("time format has %I without %p or %p without %I");
}

Result<WrittenTime> read_by_pattern(std::string_view text, std::string_view pattern) {
  Scanner in(text);
  Collected collected;
  if (!read_pattern(pattern, in, collected))
    return Error{"not as \"" + std::string(pattern) + "\" has it"};
  if (!in.done()) return left_over(in);
  if (collected.hour12) {
    const auto hour = hour_of_day(*collected.hour12, collected.afternoon.value_or(false));
    if (!hour) return Error{hour.error()};
    collected.time.hour = *hour;
  }
  auto written = checked(collected.time);
  if (written) written->whole_day = !collected.has_clock && !collected.hour12;
  return written && collected.weekday ? on_weekday(*written, *collected.weekday) : written;
}

std::string patterns_for(std::string_view text) {
  Scanner in(text);
  const auto first = in.number(1, 2);
  const char between = in.peek();
  if (!first || !in.take_any("/-.")) return {};
  const auto second = in.number(1, 2);
  if (!second || !in.take(between) || !in.number(4, 4)) return {};
  const auto clock = clock_pattern(in);
  if (!clock) return {};
  const auto with = [&](std::string_view day, std::string_view month) {
    return '"' + std::string(day) + between + std::string(month) + between + "%Y" + *clock + '"';
  };
  const auto day_first = with("%d", "%m"), month_first = with("%m", "%d");
  if (between == '.' || *first > 12) return "in no usual order; write time_format: " + day_first;
  if (*second > 12) return "in no usual order; write time_format: " + month_first;
  return "day or month first? write time_format: " + day_first + " or " + month_first;
}

}  // namespace stalewatch
