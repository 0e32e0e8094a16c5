#pragma once

// Reads a time as a target writes it. Pure.

#include "common/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace stalewatch {

/// How a target writes its time; made once per target from the configuration. Throws
/// std::runtime_error for a format or zone that does not exist (the configuration reader turns that
/// into its own error).
class TimeFormat {
 public:
  TimeFormat(std::string_view format, std::string_view zone);

  /// What a format may be, beside a pattern: "auto, rfc3339, ...", each between `quote`.
  static std::string names(std::string_view quote = "");

  struct Reading {
    std::optional<Timestamp> time;  ///< nothing: unreadable
    /// Of a local time that came twice, for the clocks went back: the second time. `time` is then
    /// the first.
    std::optional<Timestamp> alt;
    bool had_offset = true;  ///< false: the zone of the configuration was used
    std::string problem;     ///< for people, when unreadable: "month 13", "not a time"
  };
  /// Reads text, or a number's exact token (`is_number`). White space around text is let pass,
  /// and any white space of Unicode is a space. An hour that a change of clocks skipped is
  /// unreadable, and so is whatever is not after 1970-01-01T00:00:00: zero, negative numbers, the
  /// year 1 ("never computed"). The same text is read alike at any time.
  Reading read(std::string_view text, bool is_number) const;

 private:
  enum class Form {
    automatic,
    text3339,
    text1123,
    epoch,
    epoch_s,
    epoch_ms,
    epoch_us,
    epoch_ns,
    pattern
  };
  struct Named;

  Form form_;
  std::string pattern_;
  const date::time_zone* zone_ = nullptr;  // nothing for UTC; lives as long as the process
};

}  // namespace stalewatch
