#include "notifier/watchdog.hpp"

#include <algorithm>

namespace stalewatch::notifier {
namespace {

/// A loop that did not turn for this long (stopped, suspended, starved) cannot say that others were
/// silent.
constexpr Duration deaf_after = std::chrono::seconds(3);

Event own_event(Kind kind, Timestamp since, Timestamp now, std::string detail) {
  Event e;
  e.kind = kind;
  e.name = "aggregator";
  e.at = e.decided_at = now;
  e.since = since;
  e.detail = std::move(detail);
  e.notify = true;
  return e;
}

}  // namespace

std::optional<Event> Watchdog::step(std::optional<SteadyTime> last_beat, Now now) {
  if (now.mono - last_step_ > deaf_after) listening_since_ = now.mono;
  last_step_ = now.mono;
  const bool heard = last_beat && now.mono - *last_beat < silence_limit;
  if (lost_ && heard) {
    auto back = own_event(Kind::aggregator_back, *lost_->since, now.wall,
                          "what happened meanwhile follows");
    lost_.reset();
    return back;
  }
  const auto quiet_since = last_beat ? std::max(*last_beat, listening_since_) : listening_since_;
  const auto quiet = std::chrono::duration_cast<Duration>(now.mono - quiet_since);
  if (lost_ || heard || quiet < silence_limit) return std::nullopt;
  lost_ = own_event(Kind::aggregator_lost, now.wall - quiet, now.wall,
                    "nothing is decided, and no alarm can come, until it is back");
  return lost_;
}

}  // namespace stalewatch::notifier
