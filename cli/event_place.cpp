#include "cli/event_place.hpp"

#include "common/base/text.hpp"
#include "common/times/computed_time.hpp"

#include <algorithm>

namespace stalewatch::cli {

Result<EventPlace> parse_event_place(const std::string& text, Timestamp now) {
  constexpr std::size_t most_digits = 18;  // of what fits a number
  const bool digits =
      !text.empty() && text.size() <= most_digits &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits) return EventPlace{static_cast<std::int64_t>(std::stoll(text))};
  constexpr std::string_view ago = " ago";
  const bool relative = text.size() > ago.size() && text.ends_with(ago);
  const auto length = parse_duration(relative ? text.substr(0, text.size() - ago.size()) : text);
  if (length) return EventPlace{now - *length};
  const auto reading = TimeFormat("rfc3339", "UTC").read(text, false);
  if (reading.time) return EventPlace{*reading.time};
  return Error{"\"" + escape_untrusted(text, 80) +
               "\" is neither an event's number (1234) nor a time (2026-11-22T10:02:03+01:00) nor "
               "a time before now (2h)"};
}

}  // namespace stalewatch::cli
