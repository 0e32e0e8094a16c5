#include "common/times/time_pattern.hpp"

#include <stdexcept>

namespace stalewatch {
namespace {

/// What a pattern has collected so far.
struct Collected {
  CivilTime time;
  std::optional<int> hour12;
  std::optional<int> afternoon;  // 0 or 1
  std::optional<int> weekday;
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

bool store(std::optional<int> value, std::optional<int>& field) {
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

/// "PM", "p.m.", "P. M.": English, and as English, Spanish and others write it with points.
bool read_half_of_day(Scanner& in, std::optional<int>& afternoon) {
  afternoon = in.take_any("aA") ? 0 : 1;
  if (*afternoon == 1 && !in.take_any("pP")) return false;
  const bool points = in.take('.');
  while (points && in.take(' ')) continue;
  if (!in.take_any("mM")) return false;
  return !points || in.take('.');
}

bool read_zone_name(Scanner& in, CivilTime& time) {
  const auto name = in.letters();
  time.offset = 0;
  return name == "UTC" || name == "GMT" || name == "Z";
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
      return store(in.number(1, 2), c.time.hour);
    case 'I':
      return store(in.number(1, 2), c.hour12);
    case 'p':
      return read_half_of_day(in, c.afternoon);
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

/// "09 PM" is 21.
std::optional<Error> settle_hour(Collected& c) {
  if (!c.hour12) return std::nullopt;
  if (*c.hour12 < 1 || *c.hour12 > 12) return Error{"hour " + std::to_string(*c.hour12)};
  c.time.hour = *c.hour12 % 12 + 12 * c.afternoon.value_or(0);
  return std::nullopt;
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
  if (const auto error = settle_hour(collected)) return *error;
  auto written = checked(collected.time);
  if (!written || !collected.weekday) return written;
  const std::chrono::weekday weekday{std::chrono::floor<std::chrono::days>(written->clock)};
  if (weekday.c_encoding() != static_cast<unsigned>(*collected.weekday))
    return Error{"the weekday is not the date's"};
  return written;
}

}  // namespace stalewatch
