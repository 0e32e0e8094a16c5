#include "aggregator/data_axis.hpp"

#include "aggregator/episode.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

// Probers whose views are kept per target; the one silent longest makes room.
constexpr std::size_t max_views = 16;

View& view_of(Step& step, std::string_view prober, Timestamp computed) {
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
  view->seen = step.now;
  return *view;
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
  event.computed_at = seen.sample.computed_at;
  event.observed_at = seen.at;
  event.lag = seen.at - *seen.sample.computed_at;
  event.prober = std::string(seen.prober);
  return event;
}

bool is_stale(const Step& step, Timestamp t) {
  const auto age = age_at(step.target, step.state, t);
  return age && *age > step.target.policy.threshold;
}

void judge_by(Step& step, Timestamp computed, const Observation& seen) {
  auto& stored = step.state.stored;
  stored.previous_computed_at = stored.computed_at;
  stored.computed_at = computed;
  stored.observed_at = seen.at;
  step.state.older_in_row = 0;
}

bool first_time(Step& step, const Observation& seen, bool inhibited) {
  judge_by(step, *seen.sample.computed_at, seen);
  if (!is_stale(step, seen.at)) return true;
  const Timestamp since = *stale_due(step.target, step.state);
  open(step, step.state.stored.data,
       {.kind = Kind::stale, .at = seen.at, .since = since, .inhibited = inhibited});
  return true;
}

bool newer(Step& step, const Observation& seen, bool inhibited) {
  auto& stored = step.state.stored;
  judge_by(step, *seen.sample.computed_at, seen);
  Event event = observed_event(step, Kind::updated, seen);
  event.previous_computed_at = stored.previous_computed_at;
  step.out.events.push_back(std::move(event));
  if (stored.data.open() && !is_stale(step, seen.at))
    close(step, stored.data, &stored.data_owed, Kind::fresh_again, seen.at, inhibited);
  return true;
}

/// Seen before the newest, told after it: a row for the record, nothing else.
bool late(Step& step, const Observation& seen) {
  if (seen.sample.computed_at == step.state.stored.previous_computed_at) return false;
  Event event = observed_event(step, Kind::updated, seen);
  event.late = true;
  step.out.events.push_back(std::move(event));
  return true;
}

bool older(Step& step, const Observation& seen, const View& view) {
  auto& stored = step.state.stored;
  const Timestamp computed = *seen.sample.computed_at;
  if (seen.at < stored.observed_at) return late(step, seen);
  if (view.newest <= computed && another_prober_sees(step, seen.prober))
    return false;  // it never saw the newer one

  const auto limit = step.target.policy.went_back_after;
  const bool adopt = ++step.state.older_in_row >= limit;
  const bool told = stored.went_back_from == stored.computed_at;
  if (told && !adopt) return false;
  Event event = observed_event(step, Kind::went_back, seen);
  event.previous_computed_at = stored.computed_at;
  event.detail = "older than before by " + format_duration(*stored.computed_at - computed);
  if (adopt)
    *event.detail += ", adopted after " + std::to_string(limit) + " older samples in a row";
  step.out.events.push_back(std::move(event));
  stored.went_back_from = stored.computed_at;
  if (adopt) judge_by(step, computed, seen);
  return true;
}

}  // namespace

std::optional<Timestamp> stale_due(const Target& target, const TargetState& state) {
  const auto& stored = state.stored;
  if (stored.data.open() || !stored.computed_at) return std::nullopt;
  const auto offset = target.policy.server_clock ? clock_offset(state) : std::nullopt;
  // stale means older than the threshold: the first such instant is one tick after it
  return *stored.computed_at + target.policy.threshold + Duration(1) -
         offset.value_or(Duration::zero());
}

bool judge_data(Step& step, const Observation& seen, bool inhibited) {
  const auto& stored = step.state.stored;
  const Timestamp computed = *seen.sample.computed_at;
  View& view = view_of(step, seen.prober, computed);
  bool changed = true;
  if (!stored.computed_at) {
    changed = first_time(step, seen, inhibited);
  } else if (computed == *stored.computed_at) {
    step.state.older_in_row = 0;
    changed = false;
  } else if (computed > *stored.computed_at) {
    changed = newer(step, seen, inhibited);
  } else {
    changed = older(step, seen, view);
  }
  if (computed > view.newest || computed == stored.computed_at) view.newest = computed;
  return changed;
}

bool tell_past_episode(Step& step, const Observation& seen) {
  auto& stored = step.state.stored;
  const auto due = stale_due(step.target, step.state);
  if (step.state.heard || !due || *due > seen.at || stored.watch.open()) return false;
  const bool renewed = seen.sample.outcome == Outcome::ok &&
                       seen.sample.computed_at > stored.computed_at &&
                       step.now - *seen.sample.computed_at <= step.target.policy.threshold;
  const bool inhibited = stored.server.open();
  open(step, stored.data,
       {.kind = Kind::stale,
        .at = *due,
        .since = *due,
        .inhibited = inhibited,
        .past = renewed && !inhibited});
  return true;
}

}  // namespace stalewatch::aggregator
