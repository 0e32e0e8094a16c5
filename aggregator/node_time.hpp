#pragma once

// The aggregator's own time: what its core calls now, and what was noted by that. A type of its
// own, so that an instant that another clock showed (a prober's, a server's, the wall clock of this
// host) is not compared with it, or taken for it, by mistake. Pure.

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace stalewatch::aggregator {

/// It cannot be read: ClockBasis makes its time from the clocks that can.
struct NodeClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<NodeClock>;
  static constexpr bool is_steady = false;
};

using NodeTime = NodeClock::time_point;

/// As others see it: in events, and to people.
constexpr Timestamp to_wire(NodeTime t) { return Timestamp{t.time_since_epoch()}; }
constexpr std::optional<Timestamp> to_wire(std::optional<NodeTime> t) {
  return t ? std::optional(to_wire(*t)) : std::nullopt;
}
/// What was the aggregator's own when it was written, or asks for what was.
constexpr NodeTime from_wire(Timestamp t) { return NodeTime{t.time_since_epoch()}; }

/// What the host's wall clock shows, believed as it is: for ClockBasis, and a pipe.
constexpr NodeTime taken_for_ours(Timestamp wall) { return NodeTime{wall.time_since_epoch()}; }

/// What a clock showed that is `ahead` of the aggregator's.
constexpr NodeTime by_our_clock(Timestamp theirs, Duration ahead) {
  return from_wire(theirs - ahead);
}
/// What that clock shows at an instant of ours.
constexpr Timestamp by_their_clock(NodeTime ours, Duration ahead) { return to_wire(ours) + ahead; }

using stalewatch::to_us;
constexpr std::int64_t to_us(NodeTime t) { return t.time_since_epoch().count(); }
constexpr NodeTime node_time_from_us(std::int64_t us) { return NodeTime{Duration{us}}; }

}  // namespace stalewatch::aggregator
