#pragma once

// What an answer of a webhook means, and when to try again. Pure.

#include "common/base/time.hpp"
#include "notifier/http_answer.hpp"

#include <optional>
#include <string>

namespace stalewatch::notifier {

enum class Fate {
  delivered,        ///< 2xx, and the body says success
  slow_down,        ///< rate limit: wait as long as told
  message_refused,  ///< this message is at fault: again in its barest form, then set aside
  sink_refused,     ///< the webhook is at fault (gone, disabled, wrong token): everything waits
  /// Everything waits: no answer, an error of the server, a denial, or a page of a proxy's.
  unavailable,
  /// 2xx, and nothing says whether people see the message (Mattermost and Slack answer "ok"): a few
  /// times again, then set aside.
  unclear,
};

struct Judgement {
  Fate fate = Fate::unavailable;
  Duration wait{};  ///< of slow_down
  std::string why;  ///< for people, escaped: "HTTP 404: Invalid integration id or token provided."
};

/// `wall` is only used to turn the time of a rate limit's reset into a wait.
Judgement judge(const HttpAnswer& answer, Timestamp wall);

/// Longest wait that a rate limit is believed; a wrong clock on either side would mean hours.
inline constexpr Duration max_rate_limit_wait = std::chrono::minutes(10);

/// How long to wait after the n-th failure in a row (1, 2, ...): doubling from 1 s to 1 min, for a
/// refusing sink from 30 s to 5 min; times 0.75 to 1.25, by `jitter` in [0, 1), so that many do not
/// come back at once.
Duration wait_after(Fate fate, unsigned failures, double jitter);

/// How long after the n-th attempt (1, 2, ...) a message is sent again of which it is unclear
/// whether people see it: 1 and 10 min after the first. Nothing: no more, each one may be a message
/// that people read.
std::optional<Duration> wait_for_clarity(int attempts);

/// No more calls than the server takes: at most `calls` in any `window`. Rocket.Chat allows 10 a
/// minute by default and counts refused ones, too; 8 leave room for retries and other users of the
/// address.
class RateLimit {
 public:
  static constexpr std::size_t calls = 8;
  static constexpr Duration window = std::chrono::seconds(60);

  /// When the next call may be made; in the past: now.
  SteadyTime next_call() const { return oldest_used_ ? times_[next_] + window : SteadyTime::min(); }
  void on_call(SteadyTime now);

 private:
  SteadyTime times_[calls] = {};
  std::size_t next_ = 0;
  bool oldest_used_ = false;  ///< the ring is full
};

}  // namespace stalewatch::notifier
