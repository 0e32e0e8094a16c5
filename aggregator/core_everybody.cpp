// The core's part that is about all targets at once: that nobody watches them, and how they were
// found when they came.

#include "aggregator/core.hpp"
#include "aggregator/target/episode.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace stalewatch::aggregator {
namespace {

// Probers that are started anew, or move to another host, are back by then.
constexpr Duration nobody_told_after = std::chrono::seconds(30);

constexpr std::string_view fresh = "fresh";
constexpr std::string_view not_known = "not known yet";

std::string targets(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " target is" : " targets are");
}

/// Each counts once, as its worst; a clock that is off says nothing of the data.
std::string_view worst_of(const StoredState& stored) {
  for (const Axis& axis : axes)
    if (&axis != &clock_axis && (stored.*axis.problem).open()) return axis.state;
  return stored.computed_at ? fresh : not_known;
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
  if (everybody_.state.stored.watch.open()) {
    auto all = step(everybody_, now);
    close(all, everybody_axis, now, "prober " + probers.front().name + " is there");
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
  auto all = step(everybody_, now);
  if (everybody_.state.stored.watch.open())
    remind(all, everybody_axis);
  else
    open(all, everybody_axis,
         {.at = *due,
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
  std::map<std::string_view, std::size_t> counts;
  for (const auto& slot : slots_)
    if (slot) ++counts[worst_of(slot->state.stored)];
  std::string found;
  for (const auto word : {fresh, data_axis.state, server_axis.state, watch_axis.state, not_known})
    if (counts[word] > 0)
      found += (found.empty() ? "" : ", ") + std::to_string(counts[word]) + " " + std::string(word);
  const auto count = ids_.size();
  system_event(Kind::watching, std::to_string(count) + (count == 1 ? " server" : " servers"), found,
               false, now);
}

}  // namespace stalewatch::aggregator
