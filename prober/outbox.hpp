#pragma once

// Samples on their way out: gathered into batches, kept back while nobody listens. Pure.
// The ring of unacknowledged news stands between `add` and `take_batch` when it comes.

#include "common/messages.hpp"

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
  void add(Sample sample);

  /// Somebody listens, or nobody does any more. What is sent before a subscription has arrived is
  /// lost without a word, so until then the newest sample of each target is kept back.
  void listened_to(bool listening);
  bool listened_to() const { return listening_; }

  /// What is to be sent now: at most 256 samples, in the order they were seen. A lone one goes at
  /// once; more wait until 20 ms after the last batch. Call until it gives nothing.
  std::vector<Sample> take_batch(SteadyTime now);
  /// When take_batch has something, if nothing else comes.
  std::optional<SteadyTime> next() const;

  /// Everything out now, whatever the wait: before an end, or before ids change their meaning.
  std::vector<Sample> take_rest();
  void clear();

  std::size_t waiting() const { return pending_.size() + kept_.size(); }
  /// Samples that a newer one of the same target replaced while nobody listened.
  std::uint64_t superseded() const { return superseded_; }

 private:
  std::vector<Sample> first(std::size_t count);

  bool listening_ = false;
  std::deque<Sample> pending_;
  std::unordered_map<std::uint32_t, Sample> kept_;  ///< at most one per target
  SteadyTime last_batch_{};
  std::uint64_t superseded_ = 0;
};

}  // namespace stalewatch::prober
