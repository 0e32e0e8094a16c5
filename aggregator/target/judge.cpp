#include "aggregator/target/judge.hpp"

#include "aggregator/target/data_axis.hpp"
#include "aggregator/target/episode.hpp"
#include "common/base/text.hpp"
#include "common/messages/names.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

// A clock counts as off, or as right again, after this many samples in a row that say so.
constexpr std::uint8_t clock_samples = 3;

bool server_inhibited(const TargetState& state) { return state.stored.watch.open(); }
bool data_inhibited(const TargetState& state) {
  return state.stored.watch.open() || state.stored.server.open();
}

/// The newest time at which anything is known of the target.
Timestamp known_until(const TargetState& state) {
  return std::max(state.judged_at, state.stored.observed_at);
}

/// When the next reminder is due. One that fell due before this run, or before samples that only
/// tell of the past, waits for what is so now, or for silence: the problem may have ended
/// meanwhile.
std::optional<Timestamp> reminder_due(const Target& target, const TargetState& state,
                                      const Problem& problem) {
  const auto due = next_reminder(problem);
  if (!due || state.heard || *due > state.last_sample_at) return due;
  return state.last_sample_at + watch_window(target.policy);
}

bool judge_watch(Step& step, Timestamp at) {
  auto& watch = step.state.stored.watch;
  if (!watch.open()) return false;
  close(step, watch, nullptr, Kind::watched_again, at, false);
  return true;
}

/// What is so while the problem is open, for people: "left the configuration while stale".
std::string_view state_of(Kind opening) {
  switch (opening) {
    case Kind::not_watched:
      return "not watched";
    case Kind::failing:
      return "failing";
    case Kind::clock_off:
      return "its clock was off";
    default:
      return "stale";
  }
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
    close(step, server, &stored.server_owed, Kind::answering_again, std::max(seen.at, server.since),
          server_inhibited(step.state));
    return true;
  }
  const std::string reason(name_of(sample.outcome));
  if (server.open()) {  // a changing reason is no event; the next reminder carries the current one
    if (server.reason != reason) server.reason = reason;
    server.detail = detail_of(sample);
    return false;
  }
  if (sample.streak < policy.failure_threshold) return false;
  const bool inhibited = server_inhibited(step.state);
  open(step, server,
       {.kind = Kind::failing,
        .at = seen.at,
        .since = seen.at - (sample.probed_at - sample.since),
        .reason = reason,
        .detail = detail_of(sample),
        .inhibited = inhibited,
        .past = seen.behind && !inhibited});
  return true;
}

std::string describe_offset(Duration offset) {
  const bool behind = offset < Duration::zero();
  return "its clock is " + format_duration(behind ? -offset : offset) +
         (behind ? " behind" : " ahead") + ", by the Date header";
}

void keep_offset(ClockOffsets& offsets, Duration offset) {
  offsets.last[offsets.next] = offset;
  offsets.next = static_cast<std::uint8_t>((offsets.next + 1) % ClockOffsets::kept);
  if (offsets.count < ClockOffsets::kept) ++offsets.count;
}

bool judge_clock(Step& step, const Observation& seen) {
  auto& state = step.state;
  // A Date that is too far off to be a clock's is told like one, and nothing goes by it.
  const auto date_off = seen.target_offset ? std::nullopt : seen.date_off;
  if (!seen.target_offset && step.target.policy.server_clock &&
      seen.sample.outcome == Outcome::ok && !state.told_no_date) {
    state.told_no_date = true;
    step.out.notes.push_back("target " + step.target.policy.key +
                             " is set to `clock: server` but sends no usable Date header: its age "
                             "is judged by our clock");
  }
  if (!seen.target_offset && !date_off) return false;
  const Duration offset = date_off ? *date_off : *seen.target_offset;
  if (!date_off) keep_offset(state.offsets, offset);

  const Duration limit = step.target.policy.max_clock_offset +
                         seen.sample.clock_uncertainty.value_or(Duration::zero());
  const bool off = offset > limit || offset < -limit;
  auto& in_row = off ? state.clock_off_in_row : state.clock_ok_in_row;
  (off ? state.clock_ok_in_row : state.clock_off_in_row) = 0;
  if (in_row < clock_samples) ++in_row;
  auto& clock = state.stored.clock;
  if (in_row < clock_samples || clock.open() == off) return false;
  const auto detail =
      describe_offset(offset) + (date_off ? ", which is so far off that nothing goes by it" : "");
  if (off)
    open(step, clock, {.kind = Kind::clock_off, .at = seen.at, .since = seen.at, .detail = detail});
  else
    close(step, clock, nullptr, Kind::clock_ok, seen.at, false, detail);
  return true;
}

void tell_what_was_inhibited(Step& step) {
  auto& stored = step.state.stored;
  if (!server_inhibited(step.state))
    settle(step, stored.server, &stored.server_owed, Kind::failing, Kind::answering_again);
  if (!data_inhibited(step.state))
    settle(step, stored.data, &stored.data_owed, Kind::stale, Kind::fresh_again);
}

std::string watch_detail(std::string_view reason, Duration silence, bool refused) {
  const std::string start = "no sample for " + format_duration(silence) + ": ";
  if (refused) return start + "what its prober says of it is not believed";
  if (reason == "no_prober") return start + "no prober is connected";
  if (reason == "prober_lost") return start + "its prober was lost";
  return start + "its prober is connected, but its samples do not arrive";
}

}  // namespace

Duration watch_window(const ServerConfig& policy) {
  constexpr Duration least = std::chrono::seconds(30);
  return std::max<Duration>(3 * policy.interval, least);
}

std::optional<Duration> clock_offset(const TargetState& state) {
  if (state.offsets.count == 0) return std::nullopt;
  auto sorted = state.offsets.last;
  const auto end = sorted.begin() + state.offsets.count;
  const auto middle = sorted.begin() + state.offsets.count / 2;
  std::nth_element(sorted.begin(), middle, end);
  return *middle;
}

bool observe(Step step, const Observation& observation) {
  auto& state = step.state;
  Observation seen = observation;
  seen.overtaken = seen.behind && seen.at < known_until(state);
  state.last_sample_at = step.now;
  state.refused = false;
  const bool has_time = seen.sample.outcome == Outcome::ok && seen.sample.computed_at;
  // What others have seen since counts; only an update that nobody has told yet is worth a row.
  if (seen.overtaken) return has_time && judge_data(step, seen, data_inhibited(state));

  bool changed = tell_past_episode(step, seen);
  // After an old sample, newer ones may follow: deadlines wait for them.
  state.heard = !seen.behind;
  state.judged_at = std::max(state.judged_at, seen.at);
  if (!seen.behind) changed |= judge_watch(step, seen.at);
  changed |= judge_server(step, seen);
  if (has_time) changed |= judge_data(step, seen, data_inhibited(state));
  const auto before = step.next_seq;
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

bool expire(Step step, std::string_view watch_reason) {
  auto& state = step.state;
  auto& stored = state.stored;
  const auto before = step.next_seq;
  const Timestamp silent_until = state.last_sample_at + watch_window(step.target.policy);
  const auto remind_due = [&](Problem& problem, Kind kind) {
    const auto due = reminder_due(step.target, state, problem);
    if (due && *due <= step.now) remind(step, problem, kind);
  };
  if (stored.watch.open()) {
    remind_due(stored.watch, Kind::still_not_watched);
  } else if (step.now >= silent_until) {
    open(step, stored.watch,
         {.kind = Kind::not_watched,
          .at = silent_until,
          .since = state.last_sample_at,
          .reason = std::string(watch_reason),
          .detail = watch_detail(watch_reason, watch_window(step.target.policy), state.refused)});
  }
  if (!server_inhibited(state)) remind_due(stored.server, Kind::still_failing);
  const auto due = stale_due(step.target, state);
  if (due && step.now >= *due && (state.heard || step.now >= silent_until)) {
    open(step, stored.data,
         {.kind = Kind::stale, .at = *due, .since = *due, .inhibited = data_inhibited(state)});
  } else if (!data_inhibited(state)) {
    remind_due(stored.data, Kind::still_stale);
  }
  return step.next_seq != before;
}

std::optional<Timestamp> next_due(const Target& target, const TargetState& state) {
  const auto& stored = state.stored;
  std::optional<Timestamp> earliest;
  const auto consider = [&](std::optional<Timestamp> t) {
    if (t && (!earliest || *t < *earliest)) earliest = t;
  };
  const Timestamp silent_until = state.last_sample_at + watch_window(target.policy);
  const auto reminder = [&](const Problem& problem) {
    return reminder_due(target, state, problem);
  };
  consider(stored.watch.open() ? reminder(stored.watch) : silent_until);
  if (!server_inhibited(state)) consider(reminder(stored.server));
  // After a start, old data may have been renewed while nobody looked: the first sample, or
  // silence, settles it.
  const auto due = stale_due(target, state);
  consider(due && !state.heard ? std::max(*due, silent_until) : due);
  if (!data_inhibited(state)) consider(reminder(stored.data));
  return earliest;
}

bool reconsider(Step step) {
  auto& stored = step.state.stored;
  const auto before = step.next_seq;
  const auto age = age_at(step.target, step.state, step.now);
  if (stored.data.open() && age && *age <= step.target.policy.threshold)
    close(step, stored.data, &stored.data_owed, Kind::fresh_again, step.now,
          data_inhibited(step.state),
          "the limit is now " + format_duration(step.target.policy.threshold));
  bool changed = step.next_seq != before;
  for (Problem* problem : {&stored.watch, &stored.server, &stored.data})
    changed |= regrid(step, *problem);
  return changed;
}

void retire(Step step, const std::string& why, bool tell) {
  auto& stored = step.state.stored;
  const auto before = step.next_seq;
  const auto end = [&](Problem& problem, Kind opening) {
    if (!problem.open()) return;
    close(step, problem, nullptr, Kind::retired, step.now, false,
          why + " while " + std::string(state_of(opening)));
    if (!tell) step.out.events.back().notify = false;
  };
  end(stored.watch, Kind::not_watched);
  end(stored.server, Kind::failing);
  end(stored.data, Kind::stale);
  end(stored.clock, Kind::clock_off);
  if (stored.server_owed) end(*stored.server_owed, Kind::failing);
  if (stored.data_owed) end(*stored.data_owed, Kind::stale);
  stored.server_owed.reset();
  stored.data_owed.reset();
  if (step.next_seq != before) return;
  Event event = make_event(step, Kind::retired, step.now);
  event.detail = why;
  step.out.events.push_back(std::move(event));
}

std::vector<Event> open_problems(const Target& target, const TargetState& state, std::int64_t head,
                                 Timestamp now) {
  std::vector<Event> events;
  const auto& stored = state.stored;
  if (!stored.watch.open() && !stored.server.open() && !stored.data.open() && !stored.clock.open())
    return events;
  std::int64_t unused = 0;
  Decisions out;
  auto copy = state;
  Step step{target, copy, now, unused, out};
  const auto add = [&](const Problem& problem, Kind kind) {
    if (!problem.open() || !problem.announced || problem.announced_by > head) return;
    Event event = make_event(step, kind, problem.since);
    event.seq = problem.episode;
    event.episode = problem.episode;
    event.since = problem.since;
    event.age = age_at(target, state, now);
    if (!problem.reason.empty()) event.reason = problem.reason;
    if (!problem.detail.empty()) event.detail = problem.detail;
    event.notify = problem.notified;
    event.next_reminder_at = next_reminder(problem);
    events.push_back(std::move(event));
  };
  add(stored.watch, Kind::not_watched);
  add(stored.server, Kind::failing);
  add(stored.data, Kind::stale);
  add(stored.clock, Kind::clock_off);
  return events;
}

void shift_clock(TargetState& state, Duration shift) {
  state.last_sample_at += shift;
  state.judged_at += shift;
  auto& stored = state.stored;
  for (Problem* problem : {&stored.watch, &stored.server, &stored.data, &stored.clock})
    problem->anchor += shift;
  for (auto& offset : state.offsets.last) offset -= shift;
  for (auto& view : stored.views) view.seen += shift;
  stored.recent_from += shift;
}

}  // namespace stalewatch::aggregator
