#pragma once

// Which answers were sent, so that a test can know the truth from someone else than the watcher.
// Pure.

#include "common/base/time.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch::mock_server {

struct SentAnswer {
  std::uint64_t n = 0;  ///< 1, 2, ... over all paths; given by add()
  Timestamp at{};       ///< the instant that the answer was made for
  Timestamp sent_at{};  ///< when its last byte was handed over
  std::string client;   ///< the address it was sent to
  std::string path;
  std::string mode;
  int status = 0;
  std::optional<Timestamp> computed_at;  ///< as the body says it
};

class AnswerLog {
 public:
  /// About 200 bytes each.
  static constexpr std::size_t max_entries = 100000;

  void add(SentAnswer answer);
  void clear();

  /// JSON lines, oldest first: of `path` (empty: of all), of answers after number `after`.
  std::string json_lines(std::string_view path, std::uint64_t after) const;
  /// How many answers the log has forgotten for want of room.
  std::uint64_t dropped() const { return dropped_; }

 private:
  std::deque<SentAnswer> answers_;
  std::uint64_t last_n_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace stalewatch::mock_server
