#pragma once

// The call to a service outside that raises the alarm when it stops coming: for the day on which
// everything here is down, this process included.

#include "common/base/time.hpp"
#include "notifier/http_answer.hpp"
#include "notifier/metrics.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace stalewatch::notifier {

/// When to call. Pure.
class HeartbeatSchedule {
 public:
  explicit HeartbeatSchedule(Duration interval) : interval_(interval) {}

  /// True: call now, and it counts as called. The first call is due as soon as the chain moves.
  bool due(bool moving, SteadyTime now);
  /// The call failed: the next one comes sooner, so that one lost packet raises no alarm.
  void failed(SteadyTime now);

 private:
  Duration interval_;
  SteadyTime next_ = SteadyTime::min();
};

/// Calls on a thread of its own; at most one call is under way.
class Heartbeat {
 public:
  using Get = std::function<HttpAnswer(const std::stop_token&)>;

  Heartbeat(Get get, Duration interval, Metrics& metrics);

  /// At each turn of the loop; `standstill` says why the chain does not move, empty: it does.
  void step(const std::string& standstill, SteadyTime now);
  /// Asks the thread to end; false when it has not by then: it hangs in the system.
  bool stop(SteadyTime deadline);

 private:
  void run(const std::stop_token& stop);
  void tell(const HttpAnswer& answer);

  Get get_;
  HeartbeatSchedule schedule_;
  Metrics& metrics_;
  std::string standstill_ = "nothing has been heard of it yet";
  std::string trouble_;  ///< of the last call; the thread's

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool wanted_ = false;
  bool busy_ = false;
  bool ended_ = false;
  bool failed_ = false;  ///< the last call, not yet taken note of
  std::jthread thread_;  ///< last: ends first
};

}  // namespace stalewatch::notifier
