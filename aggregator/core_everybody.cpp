// The core's part that is about all targets at once: that nobody watches them, and how they were
// found when they came.

#include "aggregator/core.hpp"
#include "aggregator/target/episode.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace stalewatch::aggregator {
namespace {

// Probers that are started anew, or move to another host, are back by then.
constexpr Duration nobody_told_after = std::chrono::seconds(30);

std::string targets(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " target is" : " targets are");
}

/// Nothing else inhibits a target's worse states, so that each counts once, as its worst.
std::size_t worst_of(const StoredState& stored) {
  if (stored.watch.open()) return 3;
  if (stored.server.open()) return 2;
  if (stored.data.open()) return 1;
  return stored.computed_at ? 0 : 4;
}

}  // namespace

/// What all targets have in common as policy: told in chat if one of them is, reminded as most are.
void Core::configure_everybody(const std::vector<ServerConfig>& servers) {
  auto& policy = everybody_.target.policy;
  std::map<Duration, std::size_t> intervals;
  policy.notification = false;
  for (const auto& server : servers) {
    policy.notification = policy.notification || server.notification;
    ++intervals[server.msg_interval];
  }
  const auto most = std::max_element(intervals.begin(), intervals.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
  if (most != intervals.end()) policy.msg_interval = most->first;
}

Watching Core::watching() const {
  const bool nobody = everybody_.state.stored.watch.open();
  if (nobody || !nobody_since_) return {.nobody = nobody};
  return {.silence_from = *nobody_since_ + nobody_told_after};
}

void Core::count_probers(Timestamp now) {
  const auto& probers = membership_.probers();
  if (probers.empty()) {
    if (!nobody_since_) nobody_since_ = now;
    return;
  }
  if (!std::exchange(nobody_since_, std::nullopt)) return;
  auto& nobody = everybody_.state.stored.watch;
  if (nobody.open()) {
    auto all = step(everybody_, now);
    close(all, nobody, nullptr, Kind::somebody_watches, now, false,
          "prober " + probers.front().name + " is there");
    changed(everybody_);
  } else if (!std::exchange(sampled_since_joined_, false)) {
    return;  // probers that come and go and probe nothing put nothing off
  }
  // Who is silent now is given the time to be probed.
  for (const auto& slot : slots_) {
    if (!slot) continue;
    slot->state.last_sample_at = std::max(slot->state.last_sample_at, now);
    arm(*slot);
  }
}

std::optional<Timestamp> Core::nobody_due() const {
  const auto& nobody = everybody_.state.stored.watch;
  if (nobody.open()) return next_reminder(nobody);
  if (!nobody_since_ || ids_.empty()) return std::nullopt;
  return *nobody_since_ + nobody_told_after;
}

void Core::tell_nobody(Timestamp now) {
  const auto due = nobody_due();
  if (!due || now < *due) return;
  auto& nobody = everybody_.state.stored.watch;
  auto all = step(everybody_, now);
  if (nobody.open())
    remind(all, nobody, Kind::still_nobody_watches);
  else
    open(all, nobody,
         {.kind = Kind::nobody_watches,
          .at = *due,
          .since = *nobody_since_,
          .reason = std::string(watch_reason()),
          .detail = "no prober is connected: " + targets(ids_.size()) + " not watched"});
  changed(everybody_);
}

bool Core::is_known(const Slot& slot) {
  const auto& stored = slot.state.stored;
  return stored.computed_at || stored.server.open() || stored.watch.open();
}

void Core::look_first(Timestamp now) {
  first_look_.begin(now);
  for (const auto& slot : slots_)
    if (slot && !is_known(*slot)) first_look_.await(slot->target.id);
}

void Core::looked_at(const Slot& slot) {
  if (is_known(slot)) first_look_.seen(slot.target.id);
}

void Core::tell_first_look(Timestamp now) {
  if (nobody_since_ || !first_look_.take_due(now)) return;
  static constexpr std::array words = {"fresh", "stale", "failing", "not watched", "not known yet"};
  std::array<std::size_t, words.size()> counts{};
  for (const auto& slot : slots_)
    if (slot) ++counts[worst_of(slot->state.stored)];
  std::string found;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (counts[i] > 0)
      found += (found.empty() ? "" : ", ") + std::to_string(counts[i]) + " " + words[i];
  const auto count = ids_.size();
  system_event(Kind::watching, std::to_string(count) + (count == 1 ? " server" : " servers"), found,
               false, now);
}

}  // namespace stalewatch::aggregator
