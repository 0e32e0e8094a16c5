#include "aggregator/target/clock_axis.hpp"

#include "aggregator/target/episode.hpp"
#include "common/base/text.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

// A clock counts as off, as right again, or as not there after this many samples in a row that say
// so.
constexpr std::uint8_t clock_samples = 3;
// A measured offset is written to the journal again when it is older than this.
constexpr Duration write_again_after = std::chrono::minutes(10);
// Below this, nobody wants to hear of two clocks.
constexpr Duration same_clock = std::chrono::seconds(1);

std::string describe_offset(Duration offset) {
  const bool behind = offset < Duration::zero();
  return format_duration(behind ? -offset : offset) + (behind ? " behind" : " ahead");
}

/// Median of the last offsets; nothing when none is known.
std::optional<Duration> clock_offset(const TargetState& state) {
  if (state.offsets.count == 0) return std::nullopt;
  auto sorted = state.offsets.last;
  const auto end = sorted.begin() + state.offsets.count;
  const auto middle = sorted.begin() + state.offsets.count / 2;
  std::nth_element(sorted.begin(), middle, end);
  return *middle;
}

void keep_offset(ClockOffsets& offsets, Duration offset, NodeTime at) {
  offsets.last[offsets.next] = offset;
  offsets.next = static_cast<std::uint8_t>((offsets.next + 1) % ClockOffsets::kept);
  if (offsets.count < ClockOffsets::kept) ++offsets.count;
  offsets.measured_at = at;
}

/// What was measured before the start is wrong if the first offset that is measured says so.
bool is_contradicted(const ClockOffsets& offsets, Duration measured, Duration uncertainty) {
  if (!offsets.from_before) return false;
  return std::chrono::abs(measured - offsets.last[0]) > uncertainty;
}

/// True when the offset that a restart goes on with has to be written.
bool remember_offset(StoredState& stored, Duration offset, Duration uncertainty, NodeTime now) {
  const bool known = stored.clock_offset && now - stored.clock_offset_at < write_again_after;
  if (known && std::chrono::abs(offset - *stored.clock_offset) <= uncertainty) return false;
  stored.clock_offset = offset;
  stored.clock_offset_at = now;
  return true;
}

ClockNews take_offset(Step& step, const Observation& seen) {
  auto& state = step.state;
  const auto before = age_offset(step.target, state);
  const Duration uncertainty = seen.sample.clock_uncertainty.value_or(Duration::zero());
  const bool contradicted = is_contradicted(state.offsets, *seen.target_offset, uncertainty);
  if (contradicted) state.offsets = {};
  state.offsets.from_before = false;
  keep_offset(state.offsets, *seen.target_offset, step.now);
  state.dateless_in_row = 0;
  const bool given_up = std::exchange(state.clock_given_up, false);
  ClockNews news;
  if (!step.target.policy.server_clock) return news;
  news.other = !before || contradicted || given_up;
  news.stored = remember_offset(state.stored, *clock_offset(state),
                                std::max(uncertainty, same_clock), step.now);
  return news;
}

}  // namespace

std::optional<Duration> measured_clock_offset(const TargetState& state) {
  return state.offsets.from_before ? std::nullopt : clock_offset(state);
}

bool goes_by_our_clock(const Target& target, const TargetState& state) {
  return !target.policy.server_clock || state.clock_given_up;
}

std::optional<Duration> age_offset(const Target& target, const TargetState& state) {
  if (goes_by_our_clock(target, state)) return Duration::zero();
  return clock_offset(state);
}

NodeTime clock_awaited_until(const Target& target, const TargetState& state) {
  return state.clock_awaited_from + watch_window(target.policy);
}

void give_up_clock(Step& step) {
  if (age_offset(step.target, step.state)) return;
  step.state.clock_given_up = true;
  step.out.notes.push_back("target " + step.target.policy.key +
                           " is set to `clock: server` but sends no usable Date header: its age "
                           "is judged by our clock");
}

std::string judged_by(const Target& target, const TargetState& state) {
  if (!target.policy.server_clock) return {};
  if (state.clock_given_up) return "by our clock, for it sends no usable Date header";
  const auto offset = clock_offset(state);
  if (!offset || std::chrono::abs(*offset) < same_clock) return {};
  return "by its own clock, " + describe_offset(*offset) +
         (*offset < Duration::zero() ? "" : " of") + " ours";
}

ClockNews take_clock(Step& step, const Observation& seen) {
  if (seen.target_offset) return take_offset(step, seen);
  auto& state = step.state;
  const bool answered = seen.sample.http_status != 0;
  if (!answered) return {};
  if (state.dateless_in_row < clock_samples) ++state.dateless_in_row;
  if (state.offsets.count > 0 && step.now - state.offsets.measured_at > clock_kept)
    state.offsets = {};
  if (state.dateless_in_row < clock_samples || age_offset(step.target, state)) return {};
  give_up_clock(step);
  return {.stored = false, .other = true};
}

void recall_clock(TargetState& state, NodeTime now) {
  const auto& stored = state.stored;
  if (!stored.clock_offset || now - stored.clock_offset_at > clock_kept) return;
  keep_offset(state.offsets, *stored.clock_offset, stored.clock_offset_at);
  state.offsets.from_before = true;
}

bool judge_clock(Step& step, const Observation& seen) {
  auto& state = step.state;
  // A Date that is too far off to be a clock's is told like one, and nothing goes by it.
  const auto date_off = seen.target_offset ? std::nullopt : seen.date_off;
  if (!seen.target_offset && !date_off) return false;
  const Duration offset = date_off ? *date_off : *seen.target_offset;

  const Duration limit = step.target.policy.max_clock_offset +
                         seen.sample.clock_uncertainty.value_or(Duration::zero());
  const bool off = offset > limit || offset < -limit;
  auto& in_row = off ? state.clock_off_in_row : state.clock_ok_in_row;
  (off ? state.clock_ok_in_row : state.clock_off_in_row) = 0;
  if (in_row < clock_samples) ++in_row;
  auto& clock = state.stored.clock;
  if (in_row < clock_samples || clock.open() == off) return false;
  const auto detail = "its clock is " + describe_offset(offset) + ", by the Date header" +
                      (date_off ? ", which is so far off that nothing goes by it" : "");
  if (off)
    open(step, clock_axis, {.at = seen.at, .since = seen.at, .detail = detail});
  else
    close(step, clock_axis, seen.at, detail);
  return true;
}

}  // namespace stalewatch::aggregator
