#include "common/times/zone_text.hpp"

namespace stalewatch {
namespace {

const Error contradiction{"an offset and a zone that contradict each other"};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_sign(char c) { return c == '+' || c == '-'; }

void skip_spaces(Scanner& in) {
  while (in.take(' ')) continue;
}

/// "+0100" or "+01:00" after "GMT". One digit, or hours alone, may mean the opposite, as in POSIX'
/// "GMT+1".
bool has_full_offset(Scanner in) {
  in.take_any("+-");
  if (!in.number(2, 2)) return false;
  in.take(':');
  return in.number(2, 2).has_value();
}

/// A zone behind an offset, in letters or, where a zone has none, once more in digits.
std::optional<Error> pass_zone(Scanner& in, const CivilTime& time) {
  if (is_sign(in.peek())) {
    CivilTime again;
    if (auto error = read_offset(in, again)) return error;
    return again.offset == time.offset ? std::nullopt : std::optional(contradiction);
  }
  const Scanner before = in;
  const auto name = in.letters();
  if (is_utc_name(name)) return time.offset == 0 ? std::nullopt : std::optional(contradiction);
  if (!is_abbreviation(name)) in = before;
  return std::nullopt;
}

/// "[Europe/Prague]", "[!u-ca=gregory]", after the bracket.
std::optional<Error> read_suffix(Scanner& in, CivilTime& time) {
  const bool critical = in.take('!');
  const auto inside = in.take_until(']');
  if (!inside || inside->empty()) return Error{"a suffix in brackets that is empty or not closed"};
  if (inside->find('=') == inside->npos) {
    if (!time.offset && time.zone.empty()) time.zone = *inside;
    return std::nullopt;
  }
  if (critical) return Error{"a suffix in brackets that is not known and marked as critical"};
  return std::nullopt;
}

/// " m=+0.004", from its m on.
bool take_monotonic_clock(Scanner& in) {
  Scanner rest = in;
  if (!rest.take('m') || !rest.take('=') || !rest.take_any("+-")) return false;
  if (!rest.number(1, 9) || !rest.take('.') || !rest.microseconds()) return false;
  in = rest;
  return true;
}

}  // namespace

bool is_utc_name(std::string_view name) {
  return name == "UTC" || name == "GMT" || name == "UT" || name == "Z";
}

bool is_abbreviation(std::string_view name) {
  constexpr std::size_t least = 3, most = 6;
  return name.size() >= least && name.size() <= most && is_upper(name.front()) &&
         is_upper(name.back());
}

std::optional<Error> read_offset_or_name(Scanner& in, CivilTime& time) {
  const Scanner before = in;
  const auto name = in.letters();
  if (name.empty()) return read_offset(in, time);
  if (is_utc_name(name) || name == "z") {
    time.offset = 0;
    return name.size() > 1 && is_sign(in.peek()) && has_full_offset(in) ? read_offset(in, time)
                                                                        : std::nullopt;
  }
  if (is_abbreviation(name)) {
    time.zone = name;
    return std::nullopt;
  }
  in = before;
  return left_over(in);
}

std::optional<Error> read_zone(Scanner& in, CivilTime& time) {
  skip_spaces(in);
  if (!in.done() && in.peek() != '[') {
    if (auto error = read_offset_or_name(in, time)) return error;
    if (time.offset && in.take(' ')) {
      skip_spaces(in);
      if (auto error = pass_zone(in, time)) return error;
    }
  }
  while (in.take('['))
    if (auto error = read_suffix(in, time)) return error;
  skip_spaces(in);
  if (take_monotonic_clock(in) || (in.take('(') && in.take_until(')'))) skip_spaces(in);
  return in.done() ? std::nullopt : std::optional(left_over(in));
}

}  // namespace stalewatch
