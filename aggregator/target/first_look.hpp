#pragma once

// At a first start, and after targets have changed, people are told once what was found: when every
// new target has shown how it is. Pure.

#include "aggregator/target/clock_shift.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace stalewatch::aggregator {

class FirstLook {
 public:
  /// Targets that do not show how they are are waited for so long.
  static constexpr Duration patience = std::chrono::minutes(1);

  /// The targets have changed: something is to be told.
  void begin(NodeTime now) { until_ = now + patience; }
  void await(std::uint32_t target) { awaited_.insert(target); }
  /// The target has shown how it is, or has gone.
  void seen(std::uint32_t target) { awaited_.erase(target); }

  bool awaits() const { return !awaited_.empty(); }
  /// When it is told at the latest; nothing when there is nothing to tell.
  std::optional<NodeTime> deadline() const { return until_; }
  /// Whether it is to be told now; once.
  bool take_due(NodeTime now);
  /// A step of our clock is believed.
  void shift_clock(const ClockShift& shift) { shift(until_); }

  /// Until when, and for whom it waits.
  void restore(std::optional<NodeTime> until, const std::vector<std::uint32_t>& awaited) {
    until_ = until;
    awaited_.insert(awaited.begin(), awaited.end());
  }
  std::vector<std::uint32_t> awaited() const { return {awaited_.begin(), awaited_.end()}; }

 private:
  std::optional<NodeTime> until_;
  std::set<std::uint32_t> awaited_;
};

}  // namespace stalewatch::aggregator
