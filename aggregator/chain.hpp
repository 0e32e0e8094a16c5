#pragma once

// Whether the whole chain moves: samples come in, the journal commits, the consumers that the
// configuration names acknowledge. For a watcher outside, which hears of the system only as long as
// all of it works. Pure.

#include "common/base/time.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stalewatch::aggregator {

/// What the aggregator knows once a second.
struct ChainTurn {
  std::uint64_t samples = 0;                 ///< received so far
  Duration shortest_interval{};              ///< between probes of one target
  std::size_t queued = 0;                    ///< changes not on disk
  std::uint64_t committed = 0;               ///< groups of changes on disk so far
  std::string journal_trouble;               ///< empty: none
  std::int64_t head = 0;                     ///< newest published seq
  std::map<std::string, std::int64_t> acks;  ///< that came since the last turn, by consumer
};

class Chain {
 public:
  /// Silence counts from the start.
  explicit Chain(SteadyTime start);

  /// From now on these are waited for.
  void configure(const std::vector<std::string>& consumers);
  /// Why the chain stands still, for people; empty while it moves.
  std::string step(const ChainTurn& turn, SteadyTime now);

 private:
  struct Consumer {
    std::string name;
    SteadyTime heard{};
    std::int64_t acked = -1;  ///< nothing yet
  };
  std::string consumer_trouble(const Consumer& consumer) const;

  std::uint64_t samples_ = 0;
  SteadyTime sampled_;
  std::uint64_t committed_ = 0;
  SteadyTime written_;                                     ///< last without anything left to write
  std::deque<std::pair<SteadyTime, std::int64_t>> heads_;  ///< of the last while, oldest first
  std::vector<Consumer> consumers_;
  SteadyTime now_;
};

}  // namespace stalewatch::aggregator
