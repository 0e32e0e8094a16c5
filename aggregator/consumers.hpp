#pragma once

// The consumers that have places of their own in the journal (journal.consumers): what each has not
// acknowledged is kept, and told of when it waits for too long. Who else acknowledges is a
// stranger, of whom nothing is remembered. Pure.

#include "aggregator/node_time.hpp"
#include "aggregator/rows.hpp"
#include "aggregator/saved.hpp"
#include "aggregator/target/clock_shift.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

/// A consumer that has come to be, or is no longer, behind.
struct ConsumerNews {
  std::string name;
  bool behind = false;
  NodeTime since{};          ///< when the oldest event that it has not acknowledged was there
  std::int64_t waiting = 0;  ///< events that it has not acknowledged, as numbers go
  std::string stuck;         ///< why it takes none, in its own words; empty: it has not said so
};

class Consumers {
 public:
  /// Goes on from what the journal holds; `marks` says where its head was before now, ascending.
  /// Who is configured comes next.
  Consumers(std::vector<ConsumerRow> known, std::vector<HeadMark> marks);

  explicit Consumers(SavedConsumers saved);
  SavedConsumers save() const;

  /// From now on these have places. One that comes begins at the head; those that leave, as they
  /// were.
  std::vector<ConsumerRow> configure(const std::vector<std::string>& names);

  /// Whether an acknowledgement counts: of one that has a place, and of a number of this journal,
  /// which ends at `head`.
  bool counts(const std::string& name, std::int64_t seq, std::int64_t head) const;
  /// Takes one that counts.
  void ack(const std::string& name, std::int64_t seq, NodeTime now);

  /// It says itself that it takes nothing until somebody changes something, and why; behind at
  /// once. Holds until it acknowledges. False for a stranger.
  bool stuck(const std::string& name, const std::string& why);

  /// Takes note of the newest event that consumers can have. Call about once a second.
  void note_head(std::int64_t head, NodeTime now);
  /// Who came to be behind, or caught up, by now: an event older than `limit` is not acknowledged,
  /// or it is stuck.
  std::vector<ConsumerNews> check(Duration limit, NodeTime now) const;
  /// Remembers what was told by an event.
  void told(const std::string& name, std::int64_t episode, NodeTime since);

  /// A step of our clock is believed: moves what was noted by it.
  void shift_clock(const ClockShift& shift);

  /// Up to where all of them have acknowledged; the head when there are none.
  std::int64_t acked_by_all() const;
  const ConsumerRow* find(const std::string& name) const;
  const std::map<std::string, ConsumerRow>& rows() const { return rows_; }
  /// Rows that differ from what was last taken.
  std::vector<ConsumerRow> take_changed();
  /// Names whose rows go, before any that is changed.
  std::vector<std::string> take_gone();

  /// Who was behind has caught up when nothing older than this, or the limit, is missing there.
  static constexpr Duration settled = std::chrono::seconds(10);

 private:
  std::int64_t head_at(NodeTime t) const;
  NodeTime oldest_missing(std::int64_t acked, NodeTime now) const;

  std::map<std::string, ConsumerRow> rows_;
  std::map<std::string, std::string> stuck_;  ///< of those of rows_ that say so, why
  std::set<std::string> changed_, gone_;
  std::deque<HeadMark> marks_;  // ascending; of about one hour at most
  std::int64_t head_ = 0;
};

}  // namespace stalewatch::aggregator
