#pragma once

// The aggregator's word, in what it sends each second, that a person had the configuration read
// again: whoever hears it for the first time does so too. Pure.

#include "common/base/time.hpp"

#include <optional>
#include <utility>

namespace stalewatch {

class ReloadWord {
 public:
  /// What the newest message says: when that was; nothing: not since the aggregator's start.
  void heard(const std::optional<Timestamp>& at) {
    const bool is_news = listening_ && at && at != last_;
    pending_ = pending_ || is_news;
    listening_ = true;
    last_ = at;
  }
  /// Whether there is a word that was not heeded yet; once. What was said before we listened is in
  /// the file that we have read.
  bool take() { return std::exchange(pending_, false); }

 private:
  std::optional<Timestamp> last_;
  bool listening_ = false;
  bool pending_ = false;
};

}  // namespace stalewatch
