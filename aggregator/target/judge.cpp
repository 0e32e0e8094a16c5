#include "aggregator/target/judge.hpp"

#include "aggregator/target/clock_axis.hpp"
#include "aggregator/target/data_axis.hpp"
#include "aggregator/target/episode.hpp"
#include "common/base/text.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

/// From when on the target counts as not watched, or people are told so.
NodeTime silent_from(const Target& target, const TargetState& state, const Watching& watching) {
  return std::max(state.last_sample_at + watch_window(target.policy), watching.silence_from);
}

/// The newest time at which anything is known of the target.
NodeTime known_until(const TargetState& state) {
  return std::max(state.judged_at, state.stored.observed_at);
}

/// When the next reminder is due. One that fell due before this run, or before samples that only
/// tell of the past, waits for what is so now, or for silence: the problem may have ended
/// meanwhile.
std::optional<NodeTime> reminder_due(const Target& target, const TargetState& state,
                                     const Problem& problem) {
  const auto due = next_reminder(problem);
  if (!due || state.heard || *due > state.last_sample_at) return due;
  return state.last_sample_at + watch_window(target.policy);
}

bool judge_watch(Step& step, NodeTime at) {
  if (!step.state.stored.watch.open()) return false;
  close(step, watch_axis, at);
  return true;
}

/// Probers escape what they quote; whoever speaks as one need not.
std::string detail_of(const Sample& sample) {
  constexpr std::size_t longest = 500;
  return sample.detail ? escape_untrusted(*sample.detail, longest) : std::string();
}

bool judge_server(Step& step, const Observation& seen) {
  auto& stored = step.state.stored;
  auto& server = stored.server;
  const auto& policy = step.target.policy;
  const auto& sample = seen.sample;
  if (sample.outcome == Outcome::ok) {
    stored.answered = true;
    if (!server.open() || sample.streak < policy.recover_after) return false;
    close(step, server_axis, std::max(seen.at, server.since));
    return true;
  }
  const std::string reason(name_of(sample.outcome));
  if (server.open()) {  // a changing reason is no event; the next reminder carries the current one
    if (server.reason != reason) server.reason = reason;
    server.detail = detail_of(sample);
    return false;
  }
  if (sample.streak < policy.failure_threshold) return false;
  open(step, server_axis,
       {.at = seen.at,
        .since = seen.at - (sample.probed_at - sample.since),
        .reason = reason,
        .detail = detail_of(sample),
        .past = seen.behind});
  return true;
}

/// When stale data are told: once they are, and it is known by which clock.
std::optional<NodeTime> judged_from(const Target& target, const TargetState& state) {
  const auto due = stale_due(target, state);
  if (!due || age_offset(target, state)) return due;
  return std::max(*due, clock_awaited_until(target, state));
}

std::string watch_detail(WatchReason reason, Duration silence, bool refused) {
  const std::string start = "no sample for " + format_duration(silence) + ": ";
  if (refused) return start + "what its prober says of it is not believed";
  switch (reason) {
    case WatchReason::no_prober:
      return start + "no prober is connected";
    case WatchReason::prober_lost:
      return start + "its prober was lost";
    case WatchReason::samples_lost:
      break;
  }
  return start + "its prober is connected, but its samples do not arrive";
}

/// Opens not_watched when it is due, or tells it when it was inhibited and nobody is not the reason
/// any more.
void expire_watch(Step& step, NodeTime silent_until, WatchReason reason) {
  auto& watch = step.state.stored.watch;
  if (watch.announced || step.now < silent_until) return;
  const auto detail = watch_detail(reason, watch_window(step.target.policy), step.state.refused);
  if (!watch.open()) {
    open(step, watch_axis,
         {.at = silent_until,
          .since = step.state.last_sample_at,
          .reason = std::string(name_of(reason)),
          .detail = detail});
  } else if (!step.watching.nobody) {
    watch.reason = name_of(reason);
    watch.detail = detail;
    settle(step, watch_axis);
  }
}

/// Of silence people hear when it is time for it (expire_watch).
void tell_what_was_inhibited(Step& step) {
  for (const Axis& axis : axes)
    if (&axis != &watch_axis) settle(step, axis);
}

}  // namespace

bool observe(Step step, const Observation& observation) {
  auto& state = step.state;
  Observation seen = observation;
  seen.overtaken = seen.behind && seen.at < known_until(state);
  state.last_sample_at = step.now;
  state.refused = false;
  seen.computed_at = reading_of(step, seen);
  const bool has_time = seen.computed_at.has_value();
  // What others have seen since counts; only an update that nobody has told yet is worth a row.
  if (seen.overtaken) return has_time && judge_data(step, seen);

  const auto clock = take_clock(step, seen);
  bool changed = clock.stored;
  changed |= tell_past_episode(step, seen);
  if (has_time) step.computed_at = judged_after(step, seen);
  // After an old sample, newer ones may follow: deadlines wait for them.
  state.heard = !seen.behind;
  state.judged_at = std::max(state.judged_at, seen.at);
  if (!seen.behind) changed |= judge_watch(step, seen.at);
  changed |= judge_server(step, seen);
  if (has_time) changed |= judge_data(step, seen);
  const auto before = step.next_seq;
  if (clock.other) end_if_fresh(step, seen.at, judged_by(step.target, state));
  if (!seen.behind) tell_what_was_inhibited(step);
  changed |= step.next_seq != before;
  changed |= judge_clock(step, seen);
  return changed;
}

bool caught_up(Step step) {
  const auto before = step.next_seq;
  step.state.heard = true;
  judge_watch(step, step.now);
  tell_what_was_inhibited(step);
  return step.next_seq != before;
}

bool expire(Step step, WatchReason watch_reason) {
  auto& state = step.state;
  auto& stored = state.stored;
  const auto before = step.next_seq;
  const NodeTime silent_until = silent_from(step.target, state, step.watching);
  const auto remind_due = [&](const Axis& axis) {
    const auto due = reminder_due(step.target, state, stored.*axis.problem);
    if (due && *due <= step.now) remind(step, axis);
  };
  expire_watch(step, silent_until, watch_reason);
  for (const Axis& axis : axes)
    if (&axis != &data_axis) remind_due(axis);
  const auto due = judged_from(step.target, state);
  if (due && step.now >= *due && (state.heard || step.now >= silent_until)) {
    give_up_clock(step);
    open_stale(step, *due, *stale_due(step.target, state));
  } else {
    remind_due(data_axis);
  }
  return step.next_seq != before;
}

std::optional<NodeTime> next_due(const Target& target, const TargetState& state,
                                 const Watching& watching) {
  const auto& stored = state.stored;
  std::optional<NodeTime> earliest;
  const auto consider = [&](std::optional<NodeTime> t) {
    if (t && (!earliest || *t < *earliest)) earliest = t;
  };
  const NodeTime silent_until = silent_from(target, state, watching);
  for (const Axis& axis : axes)
    if (!is_inhibited(axis, stored, watching))
      consider(reminder_due(target, state, stored.*axis.problem));
  if (!stored.watch.open() || (!stored.watch.announced && !watching.nobody)) consider(silent_until);
  // After a start, old data may have been renewed while nobody looked: the first sample, or
  // silence, settles it.
  const auto due = judged_from(target, state);
  consider(due && !state.heard ? std::max(*due, silent_until) : due);
  return earliest;
}

bool reconsider(Step step, const std::string& why) {
  const auto before = step.next_seq;
  end_if_fresh(step, step.now, why);
  bool changed = step.next_seq != before;
  for (const Axis& axis : axes) changed |= regrid(step, axis);
  return changed;
}

std::string why_reconsidered(const ServerConfig& before, const Target& target,
                             const TargetState& state) {
  if (before.threshold != target.policy.threshold)
    return "the limit is now " + format_duration(target.policy.threshold);
  if (before.server_clock == target.policy.server_clock) return {};
  const auto clock = judged_by(target, state);
  return "now " + (clock.empty() ? "by our clock" : clock);
}

void retire(Step step, const std::string& why, bool tell) {
  const auto before = step.next_seq;
  for (const Axis& axis : axes) retire_problems(step, axis, why, tell);
  if (step.next_seq != before) return;
  Event event = make_event(step, Kind::retired, step.now);
  event.detail = why;
  step.out.events.push_back(std::move(event));
}

std::vector<Event> open_problems(const Target& target, const TargetState& state, std::int64_t head,
                                 NodeTime now) {
  std::vector<Event> events;
  for (const Axis& axis : axes)
    if (auto event = opening_as_of_now(target, state, axis, head, now))
      events.push_back(*std::move(event));
  return events;
}

void shift_clock(Step step, const ClockShift& shift) {
  auto& stored = step.state.stored;
  const auto data = stored.data;
  const auto data_owed = stored.data_owed;
  shift(step.state);
  if (!goes_by_our_clock(step.target, step.state)) return;
  // The instant is named by the computed time and the limit. One that is yet to come by the right
  // clock was never true: people have heard of it when the wrong one showed it.
  if (data.since <= step.now) stored.data.since = data.since;
  if (data_owed && data_owed->since <= step.now) stored.data_owed->since = data_owed->since;
}

}  // namespace stalewatch::aggregator
