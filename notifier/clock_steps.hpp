#pragma once

// Steps of the wall clock, seen by the monotonic one. Pure.

#include "common/base/time.hpp"

#include <chrono>
#include <optional>

namespace stalewatch::notifier {

class ClockSteps {
 public:
  /// A wall clock that is this far from where the monotonic one has it was stepped; less is
  /// slewing, or two readings that lie apart.
  static constexpr Duration limit = std::chrono::seconds(2);

  /// How far the wall clock was stepped since it was last followed.
  Duration since_followed(Now now) const {
    const auto step = ahead_ ? ahead_of(now) - *ahead_ : Duration{0};
    return step > limit || step < -limit ? step : Duration{0};
  }
  void follow(Now now) { ahead_ = ahead_of(now); }
  bool followed() const { return ahead_.has_value(); }

 private:
  static Duration ahead_of(Now now) {
    return now.wall.time_since_epoch() -
           std::chrono::duration_cast<Duration>(now.mono.time_since_epoch());
  }

  std::optional<Duration> ahead_;  ///< wall clock minus monotonic clock
};

}  // namespace stalewatch::notifier
