#pragma once

// What is decided about one target: three axes (watch, server, data) and its clock. Pure:
// everything is a function of the state, the input and now. docs/semantics.md says in words what
// this decides.

#include "aggregator/target/clock_shift.hpp"
#include "aggregator/target/state.hpp"
#include "common/config/config.hpp"
#include "common/messages/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::aggregator {

/// A target as the configuration has it.
struct Target {
  std::uint32_t id = 0;
  ServerConfig policy;
  std::string address;  ///< for people: without credentials
};

/// What decisions come to.
struct Decisions {
  std::vector<Event> events;
  std::vector<std::string> notes;  ///< worth a line in the process' own log, not an event
};

/// What holds of all targets at once.
struct Watching {
  bool nobody = false;  ///< people were told that nobody watches, which inhibits everything else
  /// Silence is told from here on at the earliest: before, it may be everybody's.
  Timestamp silence_from{};
};

/// One step about one target: what the functions below work on.
struct Step {
  const Target& target;
  TargetState& state;
  Timestamp now;           ///< decided_at of the events
  std::int64_t& next_seq;  ///< number of the next event
  Decisions& out;
  Watching watching = {};
  /// The computed time that is judged once the sample under way is taken: what its events tell of,
  /// the recovery that comes before its update included.
  std::optional<Timestamp> computed_at = state.stored.computed_at;
};

/// What is decided longer than this after it happened is late; what happened is then looked at as
/// of its own time.
inline constexpr Duration late_after = std::chrono::seconds(10);

/// A sample, seen from the aggregator's clock.
struct Observation {
  const Sample& sample;
  std::string_view prober;
  Timestamp at;                           ///< corrected probe time, never after now
  std::optional<Duration> target_offset;  ///< target's clock minus the aggregator's
  bool late = false;                      ///< seen longer than late_after ago
  bool behind = false;     ///< late, or seen before this run went on: newer ones are on the way
  bool overtaken = false;  ///< an old one, and newer ones of the target have been judged
  std::optional<Duration> date_off = std::nullopt;  ///< its Date header, where that is no clock's
  /// Of an ok sample. Of the two instants that a local time can mean where clocks went back, the
  /// one that observe() took it for.
  std::optional<Timestamp> computed_at = std::nullopt;
};

/// Takes a sample into account. True when the stored state changed (events or not).
bool observe(Step step, const Observation& observation);

/// The prober whose old samples were taken is through with them: what is open now is told.
bool caught_up(Step step);

/// A prober with news of the target is lost and may come back: computed times are remembered, so
/// that what it has seen is not told a second time. True when the stored state changed.
bool remember_times(TargetState& state, Timestamp now);

/// Fires everything that is due by now: not_watched, stale, reminders. `watch_reason` says why no
/// samples come (no_prober, prober_lost, samples_lost) should that be told. True when the stored
/// state changed.
bool expire(Step step, std::string_view watch_reason);

/// When expire has something to do next.
std::optional<Timestamp> next_due(const Target& target, const TargetState& state,
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
                                 Timestamp now);

/// How long a target may go without a sample before it counts as not watched.
Duration watch_window(const ServerConfig& policy);

/// A step of our clock is believed: moves what was noted by it. Since when data are stale moves
/// with the clock that they go by.
void shift_clock(Step step, const ClockShift& shift);

}  // namespace stalewatch::aggregator
