#include "notifier/team.hpp"

#include "common/base/clocks.hpp"
#include "common/process/log.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch::notifier {
namespace {

constexpr Duration stop_within = std::chrono::milliseconds(2500);

}  // namespace

void Mailbox::put(Event event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
  wake_.wake();
}

std::vector<Event> Mailbox::take() {
  const std::lock_guard lock(mutex_);
  wake_.take();
  return std::exchange(events_, {});
}

void Team::configure(const Config& config, bool threads) {
  std::vector<std::pair<const SinkKind*, std::unique_ptr<Sink>>> made;
  for (const auto& kind : sink_table())
    if (kind.configured(config) &&
        !(config_ && kind.configured(*config_) && kind.same(*config_, config)))
      made.emplace_back(&kind, kind.make(config));
  std::erase_if(couriers_, [&](const auto& courier) {
    const auto& kind = courier->kind();
    return !kind.configured(config) || !kind.same(*config_, config);
  });
  for (auto& [kind, sink] : made) {
    couriers_.push_back(
        std::make_unique<Courier>(*kind, std::move(sink), store_, metrics_,
                                  [this](Event event) { mailbox_.put(std::move(event)); }));
    if (threads) couriers_.back()->start();
  }
  std::sort(couriers_.begin(), couriers_.end(),
            [](const auto& a, const auto& b) { return &a->kind() < &b->kind(); });
  config_ = config;
  for (const auto& [name, from] : store_.sinks()) {
    const bool configured = std::any_of(
        couriers_.begin(), couriers_.end(),
        [&, &sink = name](const auto& courier) { return courier->kind().name == sink; });
    if (configured) continue;
    const auto forgotten = store_.forget(name, read_clocks());
    if (forgotten.dropped + forgotten.kept > 0)
      log::warn(
          "{} is not configured any more; of the events that waited for it {} are dropped, {} that "
          "close a problem wait until it is configured again",
          name, forgotten.dropped, forgotten.kept);
  }
}

std::vector<Receiver> Team::receivers() {
  const auto known = store_.sinks();
  std::vector<Receiver> receivers;
  for (const auto& courier : couriers_) {
    const auto& kind = courier->kind();
    const auto found = known.find(std::string(kind.name));
    receivers.push_back(
        {kind.name, kind.wants, kind.folds, found == known.end() ? 0 : found->second});
  }
  return receivers;
}

void Team::wake() {
  for (auto& courier : couriers_) courier->wake();
}

bool Team::stop() {
  for (auto& courier : couriers_) courier->request_stop();
  const auto deadline = read_clocks().mono + stop_within;
  return std::all_of(couriers_.begin(), couriers_.end(),
                     [&](const auto& courier) { return courier->stopped_by(deadline); });
}

}  // namespace stalewatch::notifier
