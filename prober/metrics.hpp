#pragma once

// What the prober tells of itself at /metrics.

#include "common/messages/messages.hpp"
#include "prober/clock_pings.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace stalewatch {
class Health;
}

namespace stalewatch::prober {

class Metrics {
 public:
  explicit Metrics(Health& health);
  ~Metrics();

  void probed(const Sample& sample);
  void sent(std::size_t samples);

  /// Read now and then, by the loop.
  struct State {
    std::size_t targets = 0;
    std::size_t in_flight = 0;
    std::size_t overdue = 0;
    std::uint64_t skipped = 0;  ///< since the start, as the next two
    std::uint64_t superseded = 0;
    std::size_t unacked_news = 0;
    std::uint64_t dropped_news = 0;  ///< since the start
    std::uint64_t bad_frames = 0;
    std::uint64_t oversized = 0;
    bool joined = false;
    std::optional<ClockOffset> clock;
  };
  void update(const State& state);

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace stalewatch::prober
