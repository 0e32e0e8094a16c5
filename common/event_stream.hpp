#pragma once

// The consumer's side of events: subscribe, replay what was missed, then follow; every event once, in order,
// without holes, across any restart of either side.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/bus.hpp"
#include "common/messages.hpp"

namespace stalewatch {

/// Where a consumer is: every event of this journal up to seq has taken effect.
struct Cursor {
  std::string journal;
  std::int64_t seq = 0;

  bool operator==(const Cursor&) const = default;
};

/// Where a consumer without a cursor begins.
enum class StartAt { oldest, head };

/// Puts live events, replayed pages and beats into one sequence. Pure: no sockets, no clock.
class EventSequence {
 public:
  EventSequence(std::optional<Cursor> cursor, StartAt start);

  void on_live(Event event);
  void on_replayed(Replayed page);
  void on_beat(const Beat& beat);
  /// The connection was lost or the aggregator restarted: what is on the way may be gone.
  void on_reconnect();

  /// The next replay to ask for, if one is needed and none is under way.
  std::optional<Replay> wanted_replay();
  /// A replay that was asked for got no answer in time: ask again.
  void replay_timed_out();

  /// Takes the events that are next in order; at most `max`.
  std::vector<Event> take(std::size_t max);

  /// The journal that taken events belong to; empty until known.
  const std::string& journal() const;
  /// Set once after the aggregator turned out to have another journal than the cursor's: the sequence
  /// has started over at the new journal's oldest event. Cleared by reading.
  std::optional<std::string> take_journal_change();
  /// Set once when events after the cursor are no longer held by the journal: first and last missing seq.
  std::optional<std::pair<std::int64_t, std::int64_t>> take_gap();
  /// Everything that the newest beat or page knew of has been taken.
  bool caught_up() const;
  /// The newest seq known to exist.
  std::int64_t head() const;
};

}  // namespace stalewatch
