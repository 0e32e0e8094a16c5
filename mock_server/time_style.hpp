#pragma once

// How a mock path writes its time. Pure.

#include "common/base/time.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::mock_server {

/// `digits` of TimeStyle: as many fraction digits as the instant needs.
inline constexpr int digits_as_needed = -1;

struct TimeStyle {
  /// One of time_formats(), or a strftime pattern (anything with a %).
  std::string format = "rfc3339";
  Duration utc_offset{};          ///< written times are local to this offset; whole minutes
  int digits = digits_as_needed;  ///< of the fraction of a second, 0 to 9

  bool operator==(const TimeStyle&) const = default;
};

struct WrittenTime {
  std::string json;   ///< the value as it stands in the body: a quoted string or a number
  Timestamp instant;  ///< what it says: the instant, cut to what the format can express
};

/// All names; a pattern is everything else that contains a %.
const std::vector<std::string>& time_formats();
bool is_time_format(std::string_view format);

WrittenTime write_time(Timestamp time, const TimeStyle& style);

/// "Sun, 22 Nov 2026 10:02:03 GMT", as in Date headers.
std::string http_date(Timestamp time);

}  // namespace stalewatch::mock_server
