#include "common/times/computed_time.hpp"

#include "common/base/ascii.hpp"
#include "common/base/text.hpp"
#include "common/times/time_pattern.hpp"
#include "common/times/time_texts.hpp"
#include "common/times/worded_time.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace stalewatch {
namespace {

constexpr std::string_view never = "never computed";

bool is_utc(std::string_view zone) {
  return zone == "UTC" || zone == "Etc/UTC" || zone == "GMT" || zone == "Z";
}

const date::time_zone* zone_from(std::string_view name) {
  if (is_utc(name)) return nullptr;
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    throw std::runtime_error("no time zone \"" + escape_untrusted(name) + "\" on this machine");
  }
}

TimeFormat::Reading unreadable(std::string_view problem) {
  return {.time = std::nullopt, .had_offset = true, .problem = std::string(problem)};
}

/// The instants when the clocks of the zone showed this: one, or two where they went back.
TimeFormat::Reading in_zone(Timestamp clock, const date::time_zone* zone) {
  if (!zone) return {.time = clock, .had_offset = false};
  const date::local_time<Duration> local{clock.time_since_epoch()};
  const auto info = zone->get_info(date::floor<std::chrono::seconds>(local));
  if (info.result == date::local_info::nonexistent)
    return unreadable("in " + zone->name() + " the clocks skipped this hour");
  TimeFormat::Reading reading{.time = clock - info.first.offset, .had_offset = false};
  if (info.result == date::local_info::ambiguous) reading.alt = clock - info.second.offset;
  return reading;
}

/// The first instant of a day: not all zones begin every day at 00:00, and some do it twice.
Timestamp start_of_day(Timestamp clock, const date::time_zone* zone) {
  if (!zone) return clock;
  const date::local_time<Duration> local{clock.time_since_epoch()};
  const auto info = zone->get_info(date::floor<std::chrono::seconds>(local));
  if (info.result == date::local_info::nonexistent) return info.second.begin;
  return clock - info.first.offset;
}

/// The instant when the clocks of the zone showed this, and the zone called itself so.
std::optional<Timestamp> in_zone_called(std::string_view name, Timestamp clock,
                                        const date::time_zone& zone) {
  const date::local_time<Duration> local{clock.time_since_epoch()};
  const auto info = zone.get_info(date::floor<std::chrono::seconds>(local));
  if (info.result == date::local_info::nonexistent) return std::nullopt;
  if (info.first.abbrev == name) return clock - info.first.offset;
  if (info.result == date::local_info::ambiguous && info.second.abbrev == name)
    return clock - info.second.offset;
  return std::nullopt;
}

/// The instant of a time that names its zone. Abbreviations mean one thing in one zone only: "CST"
/// is Chicago's and Shanghai's.
TimeFormat::Reading in_named_zone(const WrittenTime& written, const date::time_zone* zone) {
  const auto& [clock, offset, name, whole_day] = written;
  if (zone && zone->name() == name) {
    auto reading = in_zone(clock, zone);
    reading.had_offset = true;
    return reading;
  }
  if (zone)
    if (const auto time = in_zone_called(name, clock, *zone)) return {.time = *time};
  if (offset) return {.time = clock - *offset};
  if (is_utc(name)) return {.time = clock};
  return unreadable("timezone " + (zone ? zone->name() : "UTC") + " has no \"" +
                    escape_value(name, 40) +
                    "\" at that time; set timezone to the zone that is meant");
}

TimeFormat::Reading settled(const Result<WrittenTime>& written, const date::time_zone* zone) {
  if (!written) return unreadable(written.error());
  const auto& [clock, offset, name, whole_day] = *written;
  auto reading = !name.empty() ? in_named_zone(*written, zone)
                 : offset      ? TimeFormat::Reading{.time = clock - *offset}
                 : whole_day
                     ? TimeFormat::Reading{.time = start_of_day(clock, zone), .had_offset = false}
                     : in_zone(clock, zone);
  const bool is_never = clock <= Timestamp{} || (reading.time && *reading.time <= Timestamp{});
  return is_never ? unreadable(never) : reading;
}

TimeFormat::Reading settled(const Result<Timestamp>& time) {
  if (!time) return unreadable(time.error());
  if (*time <= Timestamp{}) return unreadable(never);
  return {.time = *time, .had_offset = true, .problem = {}};
}

/// RFC 3339 starts like "2026-", "2026/" or "20261122T", an epoch has digits and no such sign,
/// other times have words.
enum class Shape { rfc3339, epoch, rfc1123, worded, dotnet };
Shape shape_of(std::string_view text) {
  const auto digits_end = std::min(text.find_first_not_of("0123456789"), text.size());
  const char after = digits_end < text.size() ? text[digits_end] : '\0';
  if (digits_end == 4 && (after == '-' || after == '/')) return Shape::rfc3339;
  if (digits_end == 8 && (after == 'T' || after == 't')) return Shape::rfc3339;
  if (text.starts_with("/Date(")) return Shape::dotnet;
  const bool digits = text.find_first_not_of("0123456789.+-eE") == text.npos;
  if (digits && text.find('.') == text.rfind('.')) return Shape::epoch;
  return read_rfc1123(text) ? Shape::rfc1123 : Shape::worded;
}

}  // namespace

struct TimeFormat::Named {
  std::string_view name;
  Form form;

  // RFC 3339's reader takes Python's spelling too: there is no text that the two would read
  // differently.
  static constexpr auto all() {
    return std::to_array<Named>({{"auto", Form::automatic},
                                 {"rfc3339", Form::text3339},
                                 {"python", Form::text3339},
                                 {"rfc1123", Form::text1123},
                                 {"epoch", Form::epoch},
                                 {"epoch_s", Form::epoch_s},
                                 {"epoch_ms", Form::epoch_ms},
                                 {"epoch_us", Form::epoch_us},
                                 {"epoch_ns", Form::epoch_ns}});
  }
};

std::string TimeFormat::names(std::string_view quote) {
  std::string text;
  for (const auto& [name, form] : Named::all()) {
    if (!text.empty()) text += ", ";
    text.append(quote).append(name).append(quote);
  }
  return text;
}

TimeFormat::TimeFormat(std::string_view format, std::string_view zone)
    : form_(Form::pattern), zone_(zone_from(zone)) {
  for (const auto& [name, form] : Named::all()) {
    if (name != format) continue;
    form_ = form;
    return;
  }
  if (format.find('%') == format.npos)
    throw std::runtime_error("unknown time format \"" + escape_untrusted(format) + "\": neither " +
                             names() + " nor a strptime pattern");
  check_pattern(format);
  pattern_ = with_plain_spaces(format);
}

TimeFormat::Reading TimeFormat::read(std::string_view text, bool is_number) const {
  const std::string plain = with_plain_spaces(text);
  text = trimmed(plain, " ");
  if (text.empty()) return unreadable("empty");
  switch (form_) {
    case Form::epoch:
      return settled(read_epoch(text, EpochUnit::guessed));
    case Form::epoch_s:
      return settled(read_epoch(text, EpochUnit::s));
    case Form::epoch_ms:
      return settled(read_epoch(text, EpochUnit::ms));
    case Form::epoch_us:
      return settled(read_epoch(text, EpochUnit::us));
    case Form::epoch_ns:
      return settled(read_epoch(text, EpochUnit::ns));
    case Form::pattern:
      return settled(read_by_pattern(text, pattern_), zone_);
    default:
      break;
  }
  if (is_number && form_ != Form::automatic) return unreadable("a number, not a text");
  const Shape shape = form_ == Form::text3339   ? Shape::rfc3339
                      : form_ == Form::text1123 ? Shape::rfc1123
                      : is_number               ? Shape::epoch
                                                : shape_of(text);
  switch (shape) {
    case Shape::rfc3339:
      return settled(read_rfc3339(text), zone_);
    case Shape::rfc1123:
      return settled(read_rfc1123(text), zone_);
    case Shape::worded:
      return settled(read_worded(text), zone_);
    case Shape::dotnet:
      return settled(read_dotnet_date(text));
    case Shape::epoch:
      break;
  }
  return settled(read_epoch(text, EpochUnit::guessed));
}

}  // namespace stalewatch
