#pragma once

// How far the aggregator's clock is from ours, measured by the leases and their answers as NTP does
// it. Pure.

#include "common/base/time.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace stalewatch::prober {

struct ClockOffset {
  Duration offset{};       ///< the other clock minus ours
  Duration uncertainty{};  ///< half the width of what it may be

  bool operator==(const ClockOffset&) const = default;
};

class ClockPings {
 public:
  /// One answered ping: sent and received by our clock, `theirs` read by the other side in between.
  void add(Timestamp sent, Timestamp theirs, Timestamp received);
  /// The quickest of the last ten; nothing before the first.
  std::optional<ClockOffset> best() const;
  void clear() { last_.clear(); }

 private:
  // A second each: an aggregator that stands still for some seconds answers all that waited at
  // once, each too late by another time. One that was quick is remembered across that.
  static constexpr std::size_t kept = 10;
  std::deque<ClockOffset> last_;
};

}  // namespace stalewatch::prober
