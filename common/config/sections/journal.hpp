#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stalewatch {

/// journal: what the aggregator keeps. Its path stands in Config.
struct JournalConfig {
  std::int64_t max_size = std::int64_t{2} << 30;       ///< bytes
  std::int64_t reserve = std::int64_t{64} << 20;       ///< bytes; 0: none
  Duration keep_updates = std::chrono::hours(24);      ///< after every consumer has them
  Duration keep_events = std::chrono::hours(24 * 30);  ///< all others
  Duration consumer_behind_after = std::chrono::minutes(5);
  std::vector<std::string> consumers = {"notifier",
                                        "recorder"};  ///< those with places of their own

  bool operator==(const JournalConfig&) const = default;
};

}  // namespace stalewatch
