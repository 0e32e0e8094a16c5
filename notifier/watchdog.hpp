#pragma once

// Who watches the watcher: the notifier tells when the aggregator falls silent. Pure.

#include "common/messages/messages.hpp"

#include <optional>

namespace stalewatch::notifier {

/// No beat for this long, with one due each second, is no hiccup.
inline constexpr Duration silence_limit = std::chrono::seconds(10);

class Watchdog {
 public:
  /// `lost`: the aggregator_lost that was told before a restart and is still open.
  Watchdog(SteadyTime start, std::optional<Event> lost)
      : listening_since_(start), last_step_(start), lost_(std::move(lost)) {}

  /// Called at each turn of the loop, after what had arrived was read: aggregator_lost or
  /// aggregator_back, when it is time to tell.
  std::optional<Event> step(std::optional<SteadyTime> last_beat, Now now);

  /// aggregator_lost was told, and aggregator_back not yet.
  bool lost() const { return lost_.has_value(); }

 private:
  SteadyTime listening_since_;  ///< start, or the end of a time in which nothing was read
  SteadyTime last_step_;
  std::optional<Event> lost_;
};

}  // namespace stalewatch::notifier
