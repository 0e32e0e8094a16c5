#include "aggregator/target/episode.hpp"

#include "aggregator/target/clock_axis.hpp"
#include "common/messages/names.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

// A reminder that comes later than this after its instant is marked late: more than a busy turn of
// the loop.
constexpr Duration reminder_tolerance = std::chrono::seconds(2);

bool has_reminders(const Problem& problem) { return problem.grid > Duration::zero(); }

void set_if(std::optional<std::string>& field, const std::string& text) {
  if (!text.empty()) field = text;
}

void describe(Event& event, const Problem& problem) {
  event.episode = problem.episode;
  event.since = to_wire(problem.since);
  set_if(event.reason, problem.reason);
  set_if(event.detail, problem.detail);
}

Problem& problem_of(Step& step, const Axis& axis) { return step.state.stored.*axis.problem; }

bool is_inhibited(const Step& step, const Axis& axis) {
  return is_inhibited(axis, step.state.stored, step.watching);
}

/// People hear of the problem now, for the first time: the reminder grid starts here.
void announce(Step& step, const Axis& axis, Problem& problem, Event& event) {
  problem.announced = true;
  problem.announced_by = event.seq;
  problem.notified = step.target.policy.notification;
  problem.anchor = step.now;
  problem.grid = axis.reminds ? step.target.policy.msg_interval : Duration::zero();
  problem.reminders = 0;
  event.notify = problem.notified;
  event.next_reminder_at = to_wire(next_reminder(problem));
}

/// The problem and its event end. Who was never told of it need not hear that it is over.
Event closing(Step& step, Problem& problem, Kind kind, NodeTime at, bool inhibited) {
  Event event = make_event(step, kind, at);
  describe(event, problem);
  event.inhibited = inhibited || (!problem.announced && !problem.past);
  event.notify = !event.inhibited && problem.notified;
  event.late = problem.past || step.now - at > late_after;
  problem = Problem{};
  return event;
}

}  // namespace

std::optional<Duration> age_at(const Target& target, const TargetState& state, NodeTime t,
                               std::optional<Timestamp> computed) {
  const auto offset = age_offset(target, state);
  if (!computed || !offset) return std::nullopt;
  return by_their_clock(t, *offset) - *computed;
}

Event make_event(Step& step, Kind kind, NodeTime at) {
  const auto& policy = step.target.policy;
  Event event;
  event.seq = step.next_seq++;
  event.kind = kind;
  event.target = policy.key;
  event.name = policy.name;
  event.address = step.target.address;
  event.at = to_wire(at);
  event.decided_at = to_wire(step.now);
  event.computed_at = step.computed_at;
  event.age = age_at(step.target, step.state, at, event.computed_at);
  event.db_save = policy.db_save;
  const bool tells_data = kind == Kind::answering_again || kind == Kind::watched_again;
  if (tells_data || opening_of(kind) == Kind::stale) event.threshold = policy.threshold;
  return event;
}

void open(Step& step, const Axis& axis, const Opening& opening) {
  const bool inhibited = is_inhibited(step, axis);
  Problem& problem = problem_of(step, axis);
  Event event = make_event(step, axis.opens, opening.at);
  problem = Problem{.episode = event.seq,
                    .since = opening.since,
                    .past = opening.past && !inhibited,
                    .reason = opening.reason,
                    .detail = opening.detail};
  describe(event, problem);
  event.inhibited = inhibited;
  event.late = problem.past;
  if (!inhibited && !problem.past) announce(step, axis, problem, event);
  step.out.events.push_back(std::move(event));
}

void close(Step& step, const Axis& axis, NodeTime at, const std::string& detail) {
  Problem& problem = problem_of(step, axis);
  if (!detail.empty()) problem.detail = detail;
  const bool inhibited = axis.owed && is_inhibited(step, axis);
  if (inhibited && problem.announced) step.state.stored.*axis.owed = problem;
  step.out.events.push_back(closing(step, problem, axis.closes, at, inhibited));
}

void retire_problems(Step& step, const Axis& axis, const std::string& why, bool tell) {
  auto& stored = step.state.stored;
  const auto end = [&](Problem& problem) {
    if (!problem.open()) return;
    problem.detail = why + " while " + std::string(axis.state);
    Event event = closing(step, problem, Kind::retired, step.now, false);
    event.notify = event.notify && tell;
    step.out.events.push_back(std::move(event));
  };
  end(stored.*axis.problem);
  if (!axis.owed || !(stored.*axis.owed)) return;
  end(*(stored.*axis.owed));
  (stored.*axis.owed).reset();
}

bool owes_chat(const StoredState& stored) {
  return std::any_of(axes.begin(), axes.end(), [&](const Axis& axis) {
    return (stored.*axis.problem).notified ||
           (axis.owed && stored.*axis.owed && (stored.*axis.owed)->notified);
  });
}

void settle(Step& step, const Axis& axis) {
  if (is_inhibited(step, axis)) return;
  if (axis.owed && step.state.stored.*axis.owed) {
    auto& owed = step.state.stored.*axis.owed;
    Event event = make_event(step, axis.closes, step.now);
    describe(event, *owed);
    event.announced = true;
    event.notify = owed->notified;
    owed.reset();
    step.out.events.push_back(std::move(event));
  }
  Problem& problem = problem_of(step, axis);
  if (problem.open() && !problem.announced) {
    Event event = make_event(step, axis.opens, step.now);
    describe(event, problem);
    event.announced = true;
    announce(step, axis, problem, event);
    problem.past = false;
    step.out.events.push_back(std::move(event));
  }
}

std::optional<Event> opening_as_of_now(const Target& target, const TargetState& state,
                                       const Axis& axis, std::int64_t head, NodeTime now) {
  const Problem& problem = state.stored.*axis.problem;
  if (!problem.open() || !problem.announced || problem.announced_by > head) return std::nullopt;
  std::int64_t unused = 0;
  Decisions out;
  auto copy = state;
  Step step{target, copy, now, unused, out};
  Event event = make_event(step, axis.opens, problem.since);
  event.seq = problem.episode;
  describe(event, problem);
  event.age = age_at(target, state, now, state.stored.computed_at);
  event.notify = problem.notified;
  event.next_reminder_at = to_wire(next_reminder(problem));
  return event;
}

std::optional<NodeTime> next_reminder(const Problem& problem) {
  if (!problem.open() || !problem.announced || !has_reminders(problem)) return std::nullopt;
  return problem.anchor + problem.grid * (problem.reminders + 1);
}

bool remind(Step& step, const Axis& axis) {
  Problem& problem = problem_of(step, axis);
  const auto due = next_reminder(problem);
  if (!due || *due > step.now || is_inhibited(step, axis)) return false;
  const auto k = (step.now - problem.anchor) / problem.grid;
  const NodeTime at = problem.anchor + problem.grid * k;
  Event event = make_event(step, *axis.reminds, at);
  describe(event, problem);
  event.repeat_number = k;
  event.late = k > problem.reminders + 1 || step.now - at > reminder_tolerance;
  event.notify = step.target.policy.notification;
  problem.notified = problem.notified || event.notify;
  problem.reminders = k;
  event.next_reminder_at = to_wire(next_reminder(problem));
  step.out.events.push_back(std::move(event));
  return true;
}

bool regrid(const Step& step, const Axis& axis) {
  Problem& problem = step.state.stored.*axis.problem;
  if (!axis.reminds || !problem.open() || !problem.announced ||
      problem.grid == step.target.policy.msg_interval)
    return false;
  problem.grid = step.target.policy.msg_interval;
  problem.reminders = has_reminders(problem)
                          ? std::max<std::int64_t>(0, (step.now - problem.anchor) / problem.grid)
                          : 0;
  return true;
}

}  // namespace stalewatch::aggregator
