#pragma once

// The target's clock: what its Date headers say of it, which clock the age of its data goes by, and
// when people are told that it is off.

#include "aggregator/target/step.hpp"

namespace stalewatch::aggregator {

/// For how long a measured offset counts while no newer one comes, across restarts, too.
inline constexpr Duration clock_kept = std::chrono::hours(1);

/// Median of the target's last clock offsets against the aggregator's, as far as they were measured
/// in this run; nothing when none was.
std::optional<Duration> measured_clock_offset(const TargetState& state);

/// Whether the age goes by the aggregator's own clock.
bool goes_by_our_clock(const Target& target, const TargetState& state);

/// What the clock that the age goes by shows, minus the aggregator's: zero where that is the
/// aggregator's own. Nothing while it is the target's, which is not known yet: then nothing is
/// said of its age.
std::optional<Duration> age_offset(const Target& target, const TargetState& state);

/// Until when a target's own clock is waited for before its age goes by the aggregator's.
NodeTime clock_awaited_until(const Target& target, const TargetState& state);

/// The age goes by the aggregator's clock from now on, if it is the target's that was waited for
/// until now. A note says so.
void give_up_clock(Step& step);

/// A sentence's end about the clock that the age goes by: "by its own clock, 5m behind ours";
/// empty where that is ours, or shows the same.
std::string judged_by(const Target& target, const TargetState& state);

/// What a sample has brought of the target's clock.
struct ClockNews {
  bool stored = false;  ///< the stored state has changed
  bool other = false;   ///< the age goes by another clock than before the sample
};

/// Takes the sample's offset in. To be done before the sample's data are judged.
ClockNews take_clock(Step& step, const Observation& seen);

/// After a start: what was measured before is known again, as long as it may be kept.
void recall_clock(TargetState& state, NodeTime now);

/// Tells a clock that is off, or right again. True when it did.
bool judge_clock(Step& step, const Observation& seen);

}  // namespace stalewatch::aggregator
