#include "notifier/courier.hpp"

#include "common/base/clocks.hpp"
#include "common/process/log.hpp"

#include <algorithm>

namespace stalewatch::notifier {
namespace {

/// A state file that cannot be read or written (disk full) is tried again after this.
constexpr Duration store_retry = std::chrono::seconds(2);

}  // namespace

Courier::Courier(const SinkKind& kind, std::unique_ptr<Sink> sink, Store& store, Metrics& metrics,
                 std::function<void(Event)> tell_others)
    : kind_(kind),
      sink_(std::move(sink)),
      store_(store),
      metrics_(metrics),
      tell_others_(std::move(tell_others)) {}

Courier::~Courier() { request_stop(); }

Courier::Turn Courier::turn(Now now, const std::stop_token& stop) {
  const auto items = store_.pending(kind_.name, max_items, now);
  if (items.empty()) return {};
  const auto handover = sink_->deliver(items, now, stop);
  store_.delivered(kind_.name, handover.done);
  settle(handover, items, now);
  if (handover.again_at) return {true, handover.failed, handover.again_at};
  return {true, handover.failed, now.mono};  // whether there is more, the next turn finds out
}

/// What an attempt means beyond the messages that it carried: rows set aside, words for the others,
/// metrics.
void Courier::settle(const Handover& handover, const std::vector<Item>& items, Now now) {
  metrics_.on_handover(kind_.name, handover);
  metrics_.on_state(kind_.name, store_.backlog(kind_.name), store_.last_told(kind_.name));
  if (handover.failed) {
    store_.failing(kind_.name, handover.why, now);
    noted_ = true;
  } else if (!handover.done.empty() && noted_) {
    store_.working(kind_.name);
    noted_ = false;
  }
  if (handover.failed) log::warn("{} does not take a message: {}", kind_.name, handover.why);
  if (!handover.done.empty() && told_) {
    log::info("{} takes messages again", kind_.name);
    told_ = false;
  }
  if (!handover.set_aside.empty())
    store_.set_aside(kind_.name, handover.set_aside, handover.why, now);
  const auto lost = static_cast<std::int64_t>(handover.set_aside.size());
  if (!handover.tell || (told_ && lost == 0)) return;
  const auto left = static_cast<std::int64_t>(items.size()) - lost;
  log::error("{} is in trouble: {}; {} events wait, {} are set aside", kind_.name, handover.why,
             left, lost);
  if (lost == 0) told_ = true;
  std::vector<Event> given_up;
  for (const auto& item : items)
    if (std::find(handover.set_aside.begin(), handover.set_aside.end(), item.id) !=
        handover.set_aside.end())
      given_up.push_back(item.event);
  tell_others_(sink_trouble(kind_.name, handover.why, given_up, left, now.wall));
}

void Courier::start() {
  running_ = true;
  thread_ = std::jthread([this](const std::stop_token& stop) {
    run(stop);
    const std::lock_guard lock(mutex_);
    running_ = false;
    changed_.notify_all();
  });
}

void Courier::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      woken_ = false;
    }
    const auto now = read_clocks();
    std::optional<SteadyTime> again_at;
    try {
      again_at = turn(now, stop).again_at;
    } catch (const std::exception& error) {
      log::error("{} has to wait, the state file is in trouble: {}", kind_.name, error.what());
      again_at = now.mono + store_retry;
    }
    std::unique_lock lock(mutex_);
    if (again_at)  // what is new meanwhile changes nothing: it waits behind what waits
      changed_.wait_until(lock, stop, *again_at, [] { return false; });
    else
      changed_.wait(lock, stop, [this] { return woken_; });
  }
}

void Courier::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void Courier::request_stop() { thread_.request_stop(); }

bool Courier::stopped_by(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return !running_; });
}

}  // namespace stalewatch::notifier
