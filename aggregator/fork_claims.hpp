#pragma once

// Whether the journal is an older copy of itself, as far as its consumers can tell: one of them has
// seen more of it than there is. To fork it makes all consumers start over from the fork, so a word
// counts only when it is certain whose it is, and when it stays. Pure.

#include "common/base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

/// How far a consumer says that it is.
struct Claim {
  std::string consumer;
  std::string peer;  ///< the connection that it came by
  std::string journal;
  std::int64_t seq = 0;       ///< it has seen everything up to here
  bool acknowledges = false;  ///< it has taken effect, too; otherwise what follows is asked for
};

class ForkClaims {
 public:
  /// From now on the word of these counts.
  void configure(const std::vector<std::string>& consumers);

  /// True when the journal, which ends at `head`, is to be forked: a consumer has twice claimed the
  /// same number beyond the head, by the connection by which it acknowledges. At the second time
  /// the head may have come further: a consumer that is ahead takes nothing and stays where it is.
  /// True once, so that one that makes things up does not keep all others starting over.
  bool hear(const Claim& claim, const std::string& journal, std::int64_t head, SteadyTime now);

  /// Between the two claims at least. Consumers repeat themselves every 5 s.
  static constexpr Duration apart = std::chrono::seconds(5);

 private:
  /// A number that was beyond the head when it was first claimed.
  struct Beyond {
    std::string journal;
    std::int64_t seq = 0;
    SteadyTime since;
  };
  struct Consumer {
    std::string peer;  ///< by which it acknowledges; empty: it has not yet
    /// What has taken effect may lie before what was received: two numbers, each of which stays.
    std::optional<Beyond> acknowledged, asked;
  };

  std::map<std::string, Consumer> consumers_;
  bool forked_ = false;
};

}  // namespace stalewatch::aggregator
