#include "notifier/heartbeat.hpp"

#include "common/base/text.hpp"
#include "common/process/log.hpp"

#include <algorithm>

namespace stalewatch::notifier {
namespace {

constexpr Duration retry_after = std::chrono::seconds(10);
constexpr std::size_t max_shown = 300;  // bytes of a text that came from outside

}  // namespace

bool HeartbeatSchedule::due(bool moving, SteadyTime now) {
  if (!moving || now < next_) return false;
  next_ = now + interval_;
  return true;
}

void HeartbeatSchedule::failed(SteadyTime now) {
  next_ = std::min(next_, now + std::min(interval_, retry_after));
}

Heartbeat::Heartbeat(Get get, Duration interval, Metrics& metrics)
    : get_(std::move(get)),
      schedule_(interval),
      metrics_(metrics),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Heartbeat::step(const std::string& standstill, SteadyTime now) {
  if (standstill.empty() != standstill_.empty()) {
    if (standstill.empty())
      log::info("the whole chain moves; the heartbeat is called");
    else
      log::warn("the chain stands still, the heartbeat is not called: {}",
                escape_untrusted(standstill, max_shown));
  }
  standstill_ = standstill;
  const std::lock_guard lock(mutex_);
  if (std::exchange(failed_, false)) schedule_.failed(now);
  if (busy_ || !schedule_.due(standstill.empty(), now)) return;
  wanted_ = busy_ = true;
  changed_.notify_all();
}

void Heartbeat::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return wanted_; }) && !stop.stop_requested()) {
    wanted_ = false;
    lock.unlock();
    const auto answer = get_(stop);
    const bool good = answer.status >= 200 && answer.status < 300;
    if (!stop.stop_requested()) {
      metrics_.on_heartbeat(good);
      tell(answer);
    }
    lock.lock();
    busy_ = false;
    failed_ = !good;
  }
  ended_ = true;
  changed_.notify_all();
}

bool Heartbeat::stop(SteadyTime deadline) {
  thread_.request_stop();
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return ended_; });
}

/// One line when calls begin to fail, and when they succeed again; never the address.
void Heartbeat::tell(const HttpAnswer& answer) {
  const bool good = answer.status >= 200 && answer.status < 300;
  const auto trouble = good                 ? ""
                       : answer.status == 0 ? answer.error
                                            : "HTTP " + std::to_string(answer.status);
  if (!trouble.empty() && trouble != trouble_)
    log::warn("the heartbeat does not get through: {}", escape_untrusted(trouble, max_shown));
  if (trouble.empty() && !trouble_.empty()) log::info("the heartbeat gets through again");
  trouble_ = trouble;
}

}  // namespace stalewatch::notifier
