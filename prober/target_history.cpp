#include "prober/target_history.hpp"

#include <limits>

namespace stalewatch::prober {

bool enter(TargetHistory& history, Sample& sample, std::uint32_t failure_threshold) {
  const bool differs = !history.probed || history.outcome != sample.outcome ||
                       history.computed_at != sample.computed_at ||
                       history.computed_alt != sample.computed_alt;
  const bool was_ok = history.outcome == Outcome::ok;
  const bool is_ok = sample.outcome == Outcome::ok;
  if (!history.probed || was_ok != is_ok) {
    history.streak = 0;
    history.since = sample.probed_at;
  }
  if (history.streak < std::numeric_limits<std::uint32_t>::max()) ++history.streak;
  history.probed = true;
  history.outcome = sample.outcome;
  history.computed_at = sample.computed_at;
  history.computed_alt = sample.computed_alt;
  sample.streak = history.streak;
  sample.since = history.since;
  return differs || (!is_ok && sample.streak == failure_threshold);
}

bool wants_recheck(const Sample& sample, std::uint32_t failure_threshold) {
  return sample.outcome != Outcome::ok && sample.streak == 1 && failure_threshold >= 2;
}

}  // namespace stalewatch::prober
