#pragma once

// The consumers for which the journal keeps events, and which of them are behind. Pure.

#include "common/base/time.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

/// A consumer as it stands in the journal.
struct ConsumerRow {
  std::string name;
  std::int64_t seq = 0;     ///< everything up to here has taken effect there
  bool registered = true;   ///< what it has not acknowledged is kept for it
  Timestamp acked_at{};     ///< when it last acknowledged; the epoch: never
  std::int64_t behind = 0;  ///< seq of the consumer_behind that is open; 0: none
  Timestamp behind_since{};

  bool operator==(const ConsumerRow&) const = default;
};

/// How far the journal had come at an instant.
struct HeadMark {
  Timestamp at{};
  std::int64_t head = 0;

  bool operator==(const HeadMark&) const = default;
};

/// A consumer that has come to be, or is no longer, behind.
struct ConsumerNews {
  std::string name;
  bool behind = false;
  Timestamp since{};         ///< when the oldest event that it has not acknowledged was there
  std::int64_t waiting = 0;  ///< events that it has not acknowledged, as numbers go
};

class Consumers {
 public:
  /// Those that the configuration names are registered unless they were forgotten; `marks` says
  /// where the journal's head was before now, ascending.
  Consumers(std::vector<ConsumerRow> known, const std::vector<std::string>& configured,
            std::vector<HeadMark> marks);

  /// True when it counts: a number that this journal has, of a consumer that is known or for which
  /// there is room.
  bool ack(const std::string& name, std::int64_t seq, Timestamp now);
  /// Nothing is kept for it any more, until it acknowledges again. The row before that, if it was
  /// registered.
  std::optional<ConsumerRow> forget(const std::string& name);

  /// Takes note of the newest event that consumers can have. Call about once a second.
  void note_head(std::int64_t head, Timestamp now);
  /// Who came to be behind, or caught up, by now: an event older than `limit` is not acknowledged.
  std::vector<ConsumerNews> check(Duration limit, Timestamp now) const;
  /// Remembers what was told by an event.
  void told(const std::string& name, std::int64_t episode, Timestamp since);

  /// Up to where all registered consumers have acknowledged; the head when there are none.
  std::int64_t acked_by_all() const;
  const ConsumerRow* find(const std::string& name) const;
  const std::map<std::string, ConsumerRow>& rows() const { return rows_; }
  /// Rows that differ from what was last taken.
  std::vector<ConsumerRow> take_changed();

  /// Names beyond this are somebody playing: they are not registered.
  static constexpr std::size_t most = 100;
  /// Who was behind has caught up when nothing older than this, or the limit, is missing there.
  static constexpr Duration settled = std::chrono::seconds(10);

 private:
  std::int64_t head_at(Timestamp t) const;
  Timestamp oldest_missing(std::int64_t acked, Timestamp now) const;

  std::map<std::string, ConsumerRow> rows_;
  std::set<std::string> changed_;
  std::deque<HeadMark> marks_;  // ascending; of about one hour at most
  std::int64_t head_ = 0;
};

}  // namespace stalewatch::aggregator
