#pragma once

// The news that the aggregator has not acknowledged yet, numbered without holes, and a cursor that
// says up to where they were sent. Sending is go-back-N: always in the order of the numbers, from
// wherever the cursor is set back to. Pure.

#include "common/messages/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

namespace stalewatch::prober {

class NewsRing {
 public:
  /// Holds at most `capacity` (>= 1) news; the oldest make room.
  explicit NewsRing(std::size_t capacity) : capacity_(capacity) {}

  /// Takes a sample that is news; its number follows that of the one before, last() + 1.
  void add(Sample news);

  /// Everything up to here is safe and can go. Numbers that were never given count as last().
  void acked(std::uint64_t seq);
  /// Sets the cursor back: from this number on all is to be sent again, or from the oldest that is
  /// still here. Never forward.
  void send_from(std::uint64_t seq);

  /// What is to be sent next; nothing when all has been.
  const Sample* next() const;
  /// The next one has been sent.
  void sent();

  std::uint64_t last() const { return last_; }
  /// Number of the oldest that can be sent again; last() + 1 when there is none.
  std::uint64_t oldest() const { return last_ + 1 - entries_.size(); }
  /// Number of the one before next().
  std::uint64_t sent_up_to() const { return cursor_ - 1; }
  std::size_t size() const { return entries_.size(); }
  std::size_t unsent() const { return static_cast<std::size_t>(last_ + 1 - cursor_); }

  /// News that had to go unacknowledged, since the last acknowledgement that covered them.
  struct Dropped {
    std::uint64_t count = 0;
    Timestamp from{};  ///< probed_at of the first
    Timestamp to{};    ///< and of the last

    bool operator==(const Dropped&) const = default;
  };
  const Dropped& dropped() const { return dropped_; }
  std::uint64_t dropped_ever() const { return dropped_ever_; }

  /// Target ids mean something else from now on: `renamed` gives the new id of an old one. News of
  /// targets that have none are dropped; the others close ranks, so that their numbers still have
  /// no hole and end with last(). All are to be sent again.
  void rename(const std::function<std::optional<std::uint32_t>(std::uint32_t)>& renamed);

 private:
  void drop(const Sample& news);

  std::size_t capacity_;
  std::deque<Sample> entries_;
  std::uint64_t last_ = 0;
  std::uint64_t cursor_ = 1;  ///< number of the next to be sent
  Dropped dropped_;
  std::uint64_t dropped_ever_ = 0;
};

}  // namespace stalewatch::prober
