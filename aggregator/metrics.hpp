#pragma once

// What the aggregator tells of itself at /metrics.

#include <cstddef>
#include <cstdint>
#include <memory>

namespace stalewatch {
class Health;
}

namespace stalewatch::aggregator {

class Core;

class Metrics {
 public:
  explicit Metrics(Health& health);
  ~Metrics();

  /// An event was committed and published.
  void published();

  /// Read with each beat, by the loop. What is counted is since the start.
  struct State {
    const Core& core;
    std::uint64_t bad_frames = 0;
    std::uint64_t oversized = 0;
    std::uint64_t foreign_batches = 0;
    std::uint64_t refused_acks = 0;
    std::uint64_t dropped_unread = 0;
    std::size_t queued = 0;
    std::int64_t journal_bytes = 0;
    bool trouble = false;
    bool paused = false;
  };
  void update(const State& state);

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace stalewatch::aggregator
