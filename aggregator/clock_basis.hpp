#pragma once

// The aggregator's now: a wall-clock anchor carried on by the monotonic clock, so that a step of
// the wall clock moves nothing until it is known to be right. Pure.

#include "aggregator/node_time.hpp"

#include <optional>
#include <string>

namespace stalewatch::aggregator {

class ClockBasis {
 public:
  /// A wall clock that differs from the basis by more than this has been stepped; less is followed
  /// silently.
  static constexpr Duration step_limit = std::chrono::seconds(2);
  /// A stepped wall clock that the targets neither confirm nor have an opinion on is believed after
  /// this long.
  static constexpr Duration adopt_after = std::chrono::minutes(10);

  explicit ClockBasis(Now start);

  /// The corrected time; never runs backwards while the basis stays.
  NodeTime now(Now clocks);

  struct Change {
    std::optional<Duration> stepped;  ///< told once per step: wall clock minus basis
    std::optional<Duration> adopted;  ///< the basis has just moved by this
    std::string why;                  ///< of adopted
  };
  /// Looks for steps. `targets_offset`: median of the targets' clocks minus the basis, where
  /// measured.
  Change check(Now clocks, std::optional<Duration> targets_offset);

  /// A step is being waited out.
  bool in_doubt() const { return doubt_since_.has_value(); }

 private:
  NodeTime basis(Now clocks) const;

  Now anchor_;
  NodeTime last_{};
  std::optional<SteadyTime> doubt_since_;
  Duration told_step_{};
};

}  // namespace stalewatch::aggregator
