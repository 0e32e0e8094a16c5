#include "aggregator/clock_basis.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

Duration magnitude(Duration d) { return d < Duration::zero() ? -d : d; }

}  // namespace

ClockBasis::ClockBasis(Now start) : anchor_(start), last_(taken_for_ours(start.wall)) {}

NodeTime ClockBasis::basis(Now clocks) const {
  return taken_for_ours(anchor_.wall) +
         std::chrono::duration_cast<Duration>(clocks.mono - anchor_.mono);
}

NodeTime ClockBasis::now(Now clocks) {
  // Slewing moves the wall clock by parts per million: following it keeps the basis right for
  // months.
  if (!doubt_since_ && magnitude(taken_for_ours(clocks.wall) - basis(clocks)) <= step_limit)
    anchor_ = clocks;
  last_ = std::max(last_, basis(clocks));
  return last_;
}

ClockBasis::Change ClockBasis::check(Now clocks, std::optional<Duration> targets_offset) {
  Change change;
  const Duration step = taken_for_ours(clocks.wall) - basis(clocks);
  if (magnitude(step) <= step_limit) {
    doubt_since_.reset();  // no step, or it has been taken back
    return change;
  }
  if (!doubt_since_ || magnitude(step - told_step_) > step_limit) {
    doubt_since_ = clocks.mono;
    told_step_ = step;
    change.stepped = step;
  }
  if (targets_offset && magnitude(*targets_offset - step) <= step_limit) {
    change.why = "the targets' clocks agree with it";
  } else if (clocks.mono - *doubt_since_ >= adopt_after) {
    change.why = "it has stayed so for " + format_duration(adopt_after);
  } else {
    return change;
  }
  anchor_ = clocks;
  last_ = taken_for_ours(clocks.wall);
  doubt_since_.reset();
  change.adopted = step;
  return change;
}

}  // namespace stalewatch::aggregator
