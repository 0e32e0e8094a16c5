#include "aggregator/target/data_axis.hpp"

#include "aggregator/target/clock_axis.hpp"
#include "aggregator/target/episode.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

// Probers whose views are kept per target; the one silent longest makes room.
constexpr std::size_t max_views = 16;
// Computed times that are remembered per target while a lost prober may come back.
constexpr std::size_t max_recent = 32;
// Data that do not show for so long after they should have are not there: they are of the second
// of the two hours that a local time can mean.
constexpr Duration not_there_for = std::chrono::minutes(10);

View& view_of(Step& step, std::string_view prober, Timestamp computed, NodeTime at) {
  auto& views = step.state.stored.views;
  auto view =
      std::find_if(views.begin(), views.end(), [&](const View& v) { return v.prober == prober; });
  if (view == views.end()) {
    if (views.size() >= max_views)
      views.erase(std::min_element(views.begin(), views.end(),
                                   [](const View& a, const View& b) { return a.seen < b.seen; }));
    views.push_back({std::string(prober), computed});
    view = views.end() - 1;
  }
  view->seen = std::max(view->seen, at);
  return *view;
}

/// Whether this is the newest computed time that the prober has shown.
bool has_shown(const StoredState& stored, std::string_view prober, Timestamp computed) {
  return std::any_of(stored.views.begin(), stored.views.end(),
                     [&](const View& v) { return v.prober == prober && v.newest == computed; });
}

bool another_prober_sees(const Step& step, std::string_view prober) {
  const auto valid = 2 * step.target.policy.interval;
  const auto& views = step.state.stored.views;
  return std::any_of(views.begin(), views.end(), [&](const View& v) {
    return v.prober != prober && step.now - v.seen <= valid;
  });
}

Event observed_event(Step& step, Kind kind, const Observation& seen) {
  Event event = make_event(step, kind, seen.at);
  event.computed_at = seen.computed_at;
  event.age = age_at(step.target, step.state, seen.at, seen.computed_at);
  event.observed_at = to_wire(seen.at);
  event.lag = *event.observed_at - *seen.computed_at;
  event.prober = std::string(seen.prober);
  return event;
}

bool is_stale(const Step& step, NodeTime t) {
  const auto age = age_at(step.target, step.state, t, step.state.stored.computed_at);
  return age && *age > step.target.policy.threshold;
}

void judge_by(Step& step, const Observation& seen) {
  auto& stored = step.state.stored;
  stored.previous_computed_at = stored.computed_at;
  step.computed_at = stored.computed_at = seen.computed_at;
  const auto& [first, second] = std::pair(seen.sample.computed_at, seen.sample.computed_alt);
  stored.other_reading = seen.computed_at == first ? second : first;
  stored.observed_at = seen.at;
  step.state.older_in_row = 0;
}

/// While a lost prober may come back: notes a computed time as told.
void remember(StoredState& stored, Timestamp computed) {
  auto& recent = stored.recent;
  if (recent.empty()) return;
  recent.push_back(computed);
  if (recent.size() <= max_recent) return;
  const auto oldest = std::min_element(recent.begin(), recent.end());
  stored.recent_gone = std::max(stored.recent_gone.value_or(*oldest), *oldest);
  recent.erase(oldest);
}

/// Whether an older computed time has been told before. Of times too old to be remembered that is
/// assumed, if another prober was watching then.
bool was_told(const StoredState& stored, Timestamp computed, NodeTime at) {
  if (computed == stored.previous_computed_at) return true;
  if (std::find(stored.recent.begin(), stored.recent.end(), computed) != stored.recent.end())
    return true;
  return stored.recent_gone && computed <= *stored.recent_gone && at >= stored.recent_from;
}

bool first_time(Step& step, const Observation& seen) {
  judge_by(step, seen);
  remember(step.state.stored, *seen.computed_at);
  if (!is_stale(step, seen.at)) return true;
  const NodeTime since = *stale_due(step.target, step.state);
  open_stale(step, seen.at, since, seen.behind);
  return true;
}

bool newer(Step& step, const Observation& seen) {
  auto& stored = step.state.stored;
  judge_by(step, seen);
  Event event = observed_event(step, Kind::updated, seen);
  event.previous_computed_at = stored.previous_computed_at;
  event.late = seen.late;
  step.out.events.push_back(std::move(event));
  remember(stored, *seen.computed_at);
  end_if_fresh(step, seen.at);
  return true;
}

/// Seen before the newest, told after it: a row for the record, nothing else.
bool late(Step& step, const Observation& seen) {
  auto& stored = step.state.stored;
  if (was_told(stored, *seen.computed_at, seen.at)) return false;
  remember(stored, *seen.computed_at);
  Event event = observed_event(step, Kind::updated, seen);
  event.late = true;
  step.out.events.push_back(std::move(event));
  return true;
}

/// Whether the target was looked at, and showed older data, when these had to be seen if they come
/// as late after their computation as those before them.
bool was_not_there(const TargetState& state, Timestamp computed) {
  const auto& stored = state.stored;
  const Duration lag =
      std::max(to_wire(stored.observed_at) - *stored.computed_at, Duration::zero());
  return to_wire(state.judged_at) > computed + lag + not_there_for;
}

/// What a computed time older than the one that is judged comes to.
enum class Older { told_late, never_seen_newer, went_back, adopted };

Older older_is(const Step& step, const Observation& seen) {
  const auto& stored = step.state.stored;
  const auto view = std::find_if(stored.views.begin(), stored.views.end(),
                                 [&](const View& v) { return v.prober == seen.prober; });
  const bool never_newer = view == stored.views.end() || view->newest <= *seen.computed_at;
  // Older than what was seen later, or than what only others have seen: no going back.
  if (seen.at < stored.observed_at || seen.overtaken || (seen.behind && never_newer))
    return Older::told_late;
  if (never_newer && another_prober_sees(step, seen.prober)) return Older::never_seen_newer;
  const bool enough = step.state.older_in_row + 1 >= step.target.policy.went_back_after;
  return enough ? Older::adopted : Older::went_back;
}

/// `again`: it is the newest that this prober has shown, and was looked at then.
bool older(Step& step, const Observation& seen, bool again) {
  auto& stored = step.state.stored;
  const Older is = older_is(step, seen);
  if (is == Older::told_late) return !again && late(step, seen);
  if (is == Older::never_seen_newer) return false;
  ++step.state.older_in_row;
  const bool adopt = is == Older::adopted;
  const bool told = stored.went_back_from == stored.computed_at;
  if (told && !adopt) return false;
  Event event = observed_event(step, Kind::went_back, seen);
  event.previous_computed_at = stored.computed_at;
  event.detail = "older than before by " + format_duration(*stored.computed_at - *seen.computed_at);
  if (adopt)
    *event.detail += ", adopted after " + std::to_string(step.target.policy.went_back_after) +
                     " older samples in a row";
  step.out.events.push_back(std::move(event));
  stored.went_back_from = stored.computed_at;
  if (adopt) judge_by(step, seen);
  return true;
}

}  // namespace

std::optional<NodeTime> stale_due(const Target& target, const TargetState& state) {
  const auto& stored = state.stored;
  if (stored.data.open() || !stored.computed_at) return std::nullopt;
  // stale means older than the threshold: the first such instant is one tick after it
  return by_our_clock(*stored.computed_at + target.policy.threshold + Duration(1),
                      age_offset(target, state).value_or(Duration::zero()));
}

std::optional<Timestamp> reading_of(const Step& step, const Observation& seen) {
  const auto& sample = seen.sample;
  if (sample.outcome != Outcome::ok || !sample.computed_at) return std::nullopt;
  if (!sample.computed_alt) return sample.computed_at;
  const auto [first, second] = std::minmax(*sample.computed_at, *sample.computed_alt);
  const auto& stored = step.state.stored;
  const auto& judged = stored.computed_at;
  if (judged && stored.other_reading &&
      std::minmax(*judged, *stored.other_reading) == std::minmax(first, second))
    return judged;
  const Duration ahead = std::max(seen.target_offset.value_or(Duration()), Duration());
  if (second > by_their_clock(seen.at, ahead) + step.target.policy.max_future) return first;
  const bool goes_on = judged && first > *judged;
  return goes_on && !was_not_there(step.state, first) ? first : second;
}

std::optional<Timestamp> judged_after(const Step& step, const Observation& seen) {
  const auto& judged = step.state.stored.computed_at;
  const bool stays =
      judged && *seen.computed_at < *judged && older_is(step, seen) != Older::adopted;
  return stays ? judged : seen.computed_at;
}

bool judge_data(Step& step, const Observation& seen) {
  const auto& stored = step.state.stored;
  const Timestamp computed = *seen.computed_at;
  const bool again = computed < stored.computed_at && has_shown(stored, seen.prober, computed);
  View& view = view_of(step, seen.prober, computed, seen.at);
  bool changed = true;
  if (!stored.computed_at) {
    changed = first_time(step, seen);
  } else if (computed == *stored.computed_at) {
    step.state.older_in_row = 0;
    changed = false;
  } else if (computed > *stored.computed_at) {
    changed = newer(step, seen);
  } else {
    changed = older(step, seen, again);
  }
  if (computed > view.newest || computed == stored.computed_at) view.newest = computed;
  return changed;
}

void open_stale(Step& step, NodeTime at, NodeTime since, bool past) {
  open(step, data_axis,
       {.at = at, .since = since, .detail = judged_by(step.target, step.state), .past = past});
}

void end_if_fresh(Step& step, NodeTime at, const std::string& why) {
  const auto& data = step.state.stored.data;
  const auto age = age_at(step.target, step.state, at, step.state.stored.computed_at);
  if (!data.open() || !age || *age > step.target.policy.threshold) return;
  // A problem may have been found at its due instant while the sample was under way.
  close(step, data_axis, std::max(at, data.since), why);
}

bool tell_past_episode(Step& step, const Observation& seen) {
  auto& stored = step.state.stored;
  const auto due = stale_due(step.target, step.state);
  if (!due || *due > seen.at || !age_offset(step.target, step.state)) return false;
  if (!seen.behind && (step.state.heard || stored.watch.open())) return false;
  const bool newer = seen.computed_at && seen.computed_at > stored.computed_at;
  const bool renewed =
      newer && to_wire(seen.at) - *seen.computed_at <= step.target.policy.threshold;
  // While the prober is catching up, what is not over yet may be over with its next sample: the
  // deadline is looked at again then, as long as the data are the same.
  if (seen.behind && !newer) return false;
  open_stale(step, *due, *due, renewed || seen.behind);
  return true;
}

bool remember_times(TargetState& state, NodeTime now) {
  auto& stored = state.stored;
  if (!stored.recent.empty()) return false;
  // Also when nothing is known yet: the other prober may have seen more than this journal got.
  stored.recent = {stored.computed_at.value_or(Timestamp{})};
  if (stored.previous_computed_at) stored.recent.push_back(*stored.previous_computed_at);
  stored.recent_from = now;
  stored.recent_gone.reset();
  return true;
}

}  // namespace stalewatch::aggregator
