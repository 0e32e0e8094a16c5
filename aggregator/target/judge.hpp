#pragma once

// What is decided about one target: three axes (watch, server, data) and its clock. Pure:
// everything is a function of the state, the input and now. docs/semantics.md says in words what
// this decides.
//
// Why late samples make it hard. Two things decide, and come in no order: the clock, by which data
// go stale and reminders fall due, and samples, which may tell of any time before. A prober keeps
// its news while the aggregator is down, stopped or cut off, and hands them over afterwards. People
// are to be told neither what was never so, nor anything twice:
//
// - An old sample (Observation::behind: seen more than 10 s ago, or before this run went on) is
//   judged as of its own time; that the data which it renews had gone stale before is told first.
//   What opens so is over, or may be with the next sample. It is `past`: rows, terminal and log
//   have it as late, chat has not.
// - After it the target is not `heard`: newer samples may follow, and may deny what fell due
//   meanwhile. That waits for a sample that is not behind, for the prober to be through
//   (caught_up), or for silence. What is still open then is told. A start, and the end of a
//   standstill, leave all targets like this: for a while, nobody looked.
// - An old sample is `overtaken` when a later one of the target has been judged: another prober
//   took over, and the first is back. It changes nothing that is judged. Only an update that nobody
//   has told is left of it, for the record.
// - Whether one was told is known by StoredState::recent: the last computed times, kept from when a
//   prober is lost until nobody can come with the same any more. It is bounded; what had to leave
//   counts as told if it was seen while another prober was watching.

#include "aggregator/target/clock_shift.hpp"
#include "aggregator/target/step.hpp"
#include "common/messages/names.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::aggregator {

/// Takes a sample into account. True when the stored state changed (events or not).
bool observe(Step step, const Observation& observation);

/// The prober whose old samples were taken is through with them: what is open now is told.
bool caught_up(Step step);

/// A prober with news of the target is lost and may come back: computed times are remembered, so
/// that what it has seen is not told a second time. True when the stored state changed.
bool remember_times(TargetState& state, NodeTime now);

/// Fires everything that is due by now: not_watched, stale, reminders. `watch_reason` says why no
/// samples come, should that be told. True when the stored
/// state changed.
bool expire(Step step, WatchReason watch_reason);

/// When expire has something to do next.
std::optional<NodeTime> next_due(const Target& target, const TargetState& state,
                                 const Watching& watching);

/// The configuration or the clock's basis has changed under the state: thresholds are applied anew,
/// reminder grids laid anew from their anchors. `why` is for people, should the data be fresh by
/// it: "the limit is now 1h". True when the stored state changed.
bool reconsider(Step step, const std::string& why);

/// Why data that were stale by the policy `before` are fresh by the target's of now, for people.
std::string why_reconsidered(const ServerConfig& before, const Target& target,
                             const TargetState& state);

/// The target has left the configuration: closes all that is open. `tell`: whether chat hears of
/// it, where owed.
void retire(Step step, const std::string& why, bool tell);

/// The opening events of what is open and was announced up to the event `head`, with the facts as
/// of now. For digests.
std::vector<Event> open_problems(const Target& target, const TargetState& state, std::int64_t head,
                                 NodeTime now);

/// A step of our clock is believed: moves what was noted by it. Since when data are stale moves
/// with the clock that they go by.
void shift_clock(Step step, const ClockShift& shift);

}  // namespace stalewatch::aggregator
