#include "mock_server/path_state.hpp"

#include <algorithm>

namespace stalewatch::mock_server {
namespace {

constexpr int default_failure = 500;
constexpr int default_redirect = 302;
constexpr Duration default_step_back = std::chrono::minutes(10);

bool temporary_in_force(const PathState& state, Timestamp now) {
  if (!state.temporary) return false;
  const auto& [settings, until, left] = *state.temporary;
  return (!until || now < *until) && (!left || *left > 0);
}

Timeline changed(Timeline timeline, const Change& change, Timestamp now) {
  const Timestamp shown = computed_at(timeline, now);
  if (change.every) timeline.every = *change.every;
  const bool restarts = change.data == DataMode::updates || (change.every && !timeline.frozen);
  if (restarts || change.data == DataMode::frozen) {
    timeline.frozen = change.data == DataMode::frozen;
    timeline.base = timeline.frozen ? shown : now;
    timeline.anchor = now;
    if (change.age) timeline.base = now - *change.age;
    if (change.at) timeline.base = *change.at;
  }
  if (change.data == DataMode::older) timeline.base -= change.by.value_or(default_step_back);
  return timeline;
}

template <typename T>
void set(T& target, const std::optional<T>& value) {
  if (value) target = *value;
}

}  // namespace

Timestamp computed_at(const Timeline& timeline, Timestamp now) {
  if (timeline.frozen || now <= timeline.anchor) return timeline.base;
  return timeline.base + (now - timeline.anchor) / timeline.every * timeline.every;
}

Settings changed(Settings settings, const Change& change, Timestamp now) {
  settings.timeline = changed(settings.timeline, change, now);
  if (change.mode) {
    settings.mode = *change.mode;
    settings.status = settings.mode == Mode::status     ? default_failure
                      : settings.mode == Mode::redirect ? default_redirect
                                                        : 200;
  }
  set(settings.status, change.status);
  set(settings.to, change.to);
  set(settings.value, change.value);
  set(settings.sleep, change.sleep);
  set(settings.pace, change.pace);
  set(settings.size, change.size);
  set(settings.date, change.date);
  set(settings.date_offset, change.date_offset);
  set(settings.age_header, change.age_header);
  set(settings.field, change.field);
  set(settings.style.format, change.format);
  set(settings.style.utc_offset, change.utc_offset);
  set(settings.style.digits, change.digits);
  return settings;
}

void apply(PathState& state, const Change& change, Timestamp now) {
  Settings settings = changed(state.settings, change, now);
  if (!change.temporary()) {
    state = {std::move(settings), std::nullopt};
    return;
  }
  std::optional<Timestamp> until;
  if (change.for_duration) until = now + *change.for_duration;
  state.temporary = Temporary{std::move(settings), until, change.count};
}

const Settings& in_force(const PathState& state, Timestamp now) {
  return temporary_in_force(state, now) ? state.temporary->settings : state.settings;
}

Settings take(PathState& state, Timestamp now) {
  const Settings settings = in_force(state, now);
  if (!temporary_in_force(state, now))
    state.temporary.reset();
  else if (state.temporary->answers_left)
    --*state.temporary->answers_left;
  return settings;
}

}  // namespace stalewatch::mock_server
