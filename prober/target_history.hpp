#pragma once

// What a prober remembers of a target between two probes. Pure.

#include "common/messages/messages.hpp"

#include <optional>

namespace stalewatch::prober {

struct TargetHistory {
  bool probed = false;
  Outcome outcome = Outcome::ok;         ///< of the last sample
  std::optional<Timestamp> computed_at;  ///< of the last sample
  std::optional<Timestamp> computed_alt;
  std::uint32_t streak = 0;  ///< how many samples in a row were alike: ok, or not
  Timestamp since{};         ///< when the first of them was seen
};

/// Enters a sample: fills in its streak and since. True if it is news: the first one, one whose
/// computed time or outcome differs from the one before, or the failure that reaches the threshold:
/// what makes the server count as failing has to arrive, too.
bool enter(TargetHistory& history, Sample& sample, std::uint32_t failure_threshold);

/// Whether the sample just entered is a first failure that wants a quick second opinion.
bool wants_recheck(const Sample& sample, std::uint32_t failure_threshold);

}  // namespace stalewatch::prober
