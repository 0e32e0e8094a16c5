#pragma once

// Samples on their way out, in batches. News wait in a ring until they are acknowledged and go out
// in the order of their numbers; the others go live beside them, or, while nobody takes samples,
// the newest of each target is kept. Pure.

#include "common/messages/messages.hpp"
#include "prober/news_ring.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace stalewatch::prober {

inline constexpr std::size_t max_batch = 256;
inline constexpr Duration batch_wait = std::chrono::milliseconds(20);

class Outbox {
 public:
  explicit Outbox(std::size_t ring) : ring_(ring) {}

  /// A sample with a news_seq is news; it gets the ring's next number.
  void add(Sample sample);

  /// Somebody takes samples, or nobody does any more. What is sent while nobody does is lost
  /// without a word: afterwards all news that are not acknowledged are sent again.
  void listened_to(bool listening);
  bool listened_to() const { return listening_; }

  void acked(std::uint64_t seq) { ring_.acked(seq); }
  /// Sends news again from this number on; those that there are now at most `batch` at a time.
  void send_from(std::uint64_t seq, std::optional<std::uint32_t> batch = std::nullopt);
  /// Target ids mean something else from now on, as for NewsRing::rename.
  void rename(const std::function<std::optional<std::uint32_t>(std::uint32_t)>& renamed);

  struct Batch {
    std::uint64_t after = 0;  ///< number of the last news sent before these
    std::vector<Sample> samples;
  };
  /// What is to be sent now: at most 256 samples, in the order they were seen. A lone one goes at
  /// once; more wait until 20 ms after the last batch. Call until it gives nothing.
  Batch take_batch(SteadyTime now);
  /// When take_batch has something, if nothing else comes.
  std::optional<SteadyTime> next() const;
  /// The same whatever the wait: before an end.
  Batch take_rest();

  const NewsRing& ring() const { return ring_; }
  std::size_t waiting() const { return live_.size() + kept_.size() + ring_.unsent(); }
  /// Samples that a newer one of the same target replaced while nobody listened.
  std::uint64_t superseded() const { return superseded_; }

 private:
  /// A sample that is no news must not overtake the news seen before it.
  struct Live {
    std::uint64_t after;
    Sample sample;
  };
  std::size_t sendable() const;
  void keep(Sample sample);
  Batch first();

  NewsRing ring_;
  bool listening_ = false;
  std::deque<Live> live_;
  std::unordered_map<std::uint32_t, Sample> kept_;  ///< at most one per target
  SteadyTime last_batch_{};
  std::size_t small_batch_ = max_batch;  ///< of news up to the number `small_until_`
  std::uint64_t small_until_ = 0;
  std::uint64_t superseded_ = 0;
};

}  // namespace stalewatch::prober
