#include "mock_server/time_style.hpp"

#include "mock_server/json_text.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <locale>
#include <map>
#include <optional>
#include <sstream>

namespace stalewatch::mock_server {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int microsecond_digits = 6;

/// How the offset is written after a calendar time.
enum class Zone { none, zulu, lower_zulu, colon, compact, hours };

struct CalendarForm {
  char separator;
  Zone zone;
};

const std::map<std::string, CalendarForm, std::less<>> calendar_forms = {
    {"rfc3339", {'T', Zone::zulu}},
    {"rfc3339_lower", {'t', Zone::lower_zulu}},
    {"rfc3339_space", {' ', Zone::zulu}},
    {"rfc3339_offset", {'T', Zone::colon}},
    {"rfc3339_offset_compact", {'T', Zone::compact}},
    {"rfc3339_offset_hours", {'T', Zone::hours}},
    {"local", {'T', Zone::none}},
    {"python", {' ', Zone::none}},
    {"python_aware", {' ', Zone::colon}},
};

struct EpochForm {
  std::int64_t per_second;
  bool quoted;
};

const std::map<std::string, EpochForm, std::less<>> epoch_forms = {
    {"epoch_s", {1, false}},
    {"epoch_ms", {1000, false}},
    {"epoch_us", {1000000, false}},
    {"epoch_ns", {1000000000, false}},
    {"epoch_s_text", {1, true}},
    {"epoch_ms_text", {1000, true}},
    {"epoch_us_text", {1000000, true}},
    {"epoch_ns_text", {1000000000, true}},
};

constexpr std::string_view rfc1123 = "rfc1123";

/// Cuts to `digits` fraction digits; a microsecond is the finest that there is.
Timestamp cut(Timestamp time, int digits) {
  microseconds unit{1};
  for (int i = std::min(digits, microsecond_digits); i < microsecond_digits; ++i) unit *= 10;
  const auto rest = time.time_since_epoch() % unit;
  return time - (rest < rest.zero() ? rest + unit : rest);
}

/// ".25" and the like; empty for no digits.
std::string fraction(Timestamp time, int digits) {
  if (digits == 0) return {};
  const auto part = (time - std::chrono::floor<seconds>(time)).count();
  std::string text = fmt::format("{:06}000", part);
  if (digits > 0) return "." + text.substr(0, static_cast<std::size_t>(digits));
  text.erase(text.find_last_not_of('0') + 1);
  return text.empty() ? text : "." + text;
}

std::string zone_text(Zone zone, Duration offset) {
  if (zone == Zone::none) return {};
  if (offset == Duration::zero() && zone == Zone::zulu) return "Z";
  if (offset == Duration::zero() && zone == Zone::lower_zulu) return "z";
  const auto total = std::chrono::duration_cast<minutes>(offset).count();
  const char sign = total < 0 ? '-' : '+';
  const auto hour = std::abs(total) / 60;
  const auto minute = std::abs(total) % 60;
  if (zone == Zone::hours && minute == 0) return fmt::format("{}{:02}", sign, hour);
  const char* separator = zone == Zone::compact ? "" : ":";
  return fmt::format("{}{:02}{}{:02}", sign, hour, separator, minute);
}

std::string formatted(const std::string& pattern, Timestamp time, Duration offset) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  const auto whole = std::chrono::floor<seconds>(time + offset);
  const auto day = date::floor<date::days>(whole);
  const date::fields<seconds> fields{date::year_month_day{day},
                                     date::hh_mm_ss<seconds>{whole - day}};
  const std::string abbreviation = "UTC";
  const auto offset_seconds = std::chrono::duration_cast<seconds>(offset);
  date::to_stream(out, pattern.c_str(), fields, &abbreviation, &offset_seconds);
  return out.str();
}

WrittenTime write_calendar(Timestamp time, const CalendarForm& form, const TimeStyle& style) {
  const bool python = style.format.starts_with("python");
  const Timestamp instant = style.digits < 0 ? time : cut(time, style.digits);
  // Python writes six digits, or none at all.
  const bool whole = instant == std::chrono::floor<seconds>(instant);
  const int digits = python && style.digits < 0 ? (whole ? 0 : microsecond_digits) : style.digits;
  std::string text = formatted("%Y-%m-%d %H:%M:%S", instant, style.utc_offset);
  text[text.find(' ')] = form.separator;
  return {json_text(text + fraction(instant, digits) + zone_text(form.zone, style.utc_offset)),
          instant};
}

WrittenTime write_epoch(Timestamp time, const EpochForm& form, int digits) {
  std::string text;
  Timestamp instant = time;
  if (form.per_second == 1 && digits > 0) {
    instant = cut(time, digits);
    const auto whole = std::chrono::floor<seconds>(instant);
    text = fmt::format("{}{}", whole.time_since_epoch().count(), fraction(instant, digits));
  } else {
    if (form.per_second == 1) instant = cut(time, 0);
    if (form.per_second == 1000) instant = cut(time, 3);
    const auto us = instant.time_since_epoch().count();
    constexpr std::int64_t us_per_second = 1000000;
    text =
        fmt::format("{}", form.per_second > us_per_second ? us * (form.per_second / us_per_second)
                                                          : us / (us_per_second / form.per_second));
  }
  return {form.quoted ? json_text(text) : text, instant};
}

/// strftime's words and Python's %f, six digits of the fraction.
WrittenTime write_pattern(Timestamp time, const TimeStyle& style) {
  std::string pattern = style.format;
  Timestamp instant = cut(time, 0);
  for (std::size_t at = pattern.find("%f"); at != std::string::npos; at = pattern.find("%f", at)) {
    pattern.replace(at, 2, fraction(time, microsecond_digits).substr(1));
    instant = time;
  }
  return {json_text(formatted(pattern, instant, style.utc_offset)), instant};
}

}  // namespace

const std::vector<std::string>& time_formats() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names{std::string(rfc1123)};
    for (const auto& [name, form] : calendar_forms) names.push_back(name);
    for (const auto& [name, form] : epoch_forms) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
  }();
  return all;
}

bool is_time_format(std::string_view format) {
  const auto& all = time_formats();
  return format.find('%') != std::string_view::npos ||
         std::find(all.begin(), all.end(), format) != all.end();
}

WrittenTime write_time(Timestamp time, const TimeStyle& style) {
  if (const auto form = calendar_forms.find(style.format); form != calendar_forms.end())
    return write_calendar(time, form->second, style);
  if (const auto form = epoch_forms.find(style.format); form != epoch_forms.end())
    return write_epoch(time, form->second, style.digits);
  if (style.format == rfc1123) return {json_text(http_date(time)), cut(time, 0)};
  return write_pattern(time, style);
}

std::string http_date(Timestamp time) {
  return formatted("%a, %d %b %Y %H:%M:%S GMT", time, Duration::zero());
}

}  // namespace stalewatch::mock_server
