#include "aggregator/target/everybody.hpp"

#include "aggregator/target/episode.hpp"
#include "aggregator/target/judge.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace stalewatch::aggregator {
namespace {

// Probers that are started anew, or move to another host, are back by then.
constexpr Duration nobody_told_after = std::chrono::seconds(30);

}  // namespace

Everybody::Everybody(Ledger& ledger) : ledger_(ledger) {
  target_.id = id;
  target_.policy.name = "all targets";
  target_.policy.db_save = true;
}

void Everybody::restore(SavedEverybody saved) {
  target_.policy = std::move(saved.policy);
  state_.stored = std::move(saved.stored);
  nobody_since_ = saved.nobody_since;
  sampled_since_joined_ = saved.sampled_since_joined;
}

SavedEverybody Everybody::save() const {
  return {.policy = target_.policy,
          .stored = state_.stored,
          .nobody_since = nobody_since_,
          .sampled_since_joined = sampled_since_joined_};
}

void Everybody::configure(const std::vector<ServerConfig>& servers) {
  auto& policy = target_.policy;
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

bool Everybody::probers_are(std::string_view first, NodeTime now) {
  if (first.empty()) {
    if (!nobody_since_) nobody_since_ = now;
    return false;
  }
  if (!std::exchange(nobody_since_, std::nullopt)) return false;
  if (state_.stored.watch.open()) {
    auto all = step(now);
    close(all, everybody_axis, now, "prober " + std::string(first) + " is there");
    return changed_ = true;
  }
  // Probers that come and go and probe nothing put nothing off.
  return std::exchange(sampled_since_joined_, false);
}

void Everybody::advance(std::size_t targets, WatchReason reason, NodeTime now) {
  const auto due = next_due(targets);
  if (!due || now < *due) return;
  auto all = step(now);
  if (state_.stored.watch.open())
    remind(all, everybody_axis);
  else
    open(all, everybody_axis,
         {.at = *due,
          .since = *nobody_since_,
          .reason = std::string(name_of(reason)),
          .detail = "no prober is connected: " + std::to_string(targets) +
                    (targets == 1 ? " target is" : " targets are") + " not watched"});
  changed_ = true;
}

std::optional<NodeTime> Everybody::next_due(std::size_t targets) const {
  const auto& nobody = state_.stored.watch;
  if (nobody.open()) return next_reminder(nobody);
  if (!nobody_since_ || targets == 0) return std::nullopt;
  return *nobody_since_ + nobody_told_after;
}

Watching Everybody::watching() const {
  const bool nobody = state_.stored.watch.open();
  if (nobody || !nobody_since_) return {.nobody = nobody};
  return {.silence_from = *nobody_since_ + nobody_told_after};
}

std::optional<Event> Everybody::opening(std::int64_t head, NodeTime now) const {
  return opening_as_of_now(target_, state_, everybody_axis, head, now);
}

void Everybody::shift_clock(const ClockShift& shift, NodeTime now) {
  shift(nobody_since_);
  aggregator::shift_clock(step(now), shift);
  changed_ = changed_ || state_.stored.watch.open();
}

std::optional<TargetRow> Everybody::take_row() {
  if (!std::exchange(changed_, false)) return std::nullopt;
  // There is something to keep only while it is open.
  return row_of(target_, state_, !state_.stored.watch.open());
}

}  // namespace stalewatch::aggregator
