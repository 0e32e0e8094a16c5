#pragma once

// What the parts that decide about one target work on. Plain data.

#include "aggregator/target/axes.hpp"
#include "common/config/config.hpp"

#include <algorithm>
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

/// One step about one target: what the functions below work on.
struct Step {
  const Target& target;
  TargetState& state;
  NodeTime now;            ///< decided_at of the events
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
  NodeTime at;                            ///< corrected probe time, never after now
  std::optional<Duration> target_offset;  ///< target's clock minus the aggregator's
  bool late = false;                      ///< seen longer than late_after ago
  bool behind = false;     ///< late, or seen before this run went on: newer ones are on the way
  bool overtaken = false;  ///< an old one, and newer ones of the target have been judged
  std::optional<Duration> date_off = std::nullopt;  ///< its Date header, where that is no clock's
  /// Of an ok sample. Of the two instants that a local time can mean where clocks went back, the
  /// one that observe() took it for.
  std::optional<Timestamp> computed_at = std::nullopt;
};

/// How long a target may go without a sample before it counts as not watched.
inline Duration watch_window(const ServerConfig& policy) {
  constexpr Duration least = std::chrono::seconds(30);
  return std::max<Duration>(3 * policy.interval, least);
}

}  // namespace stalewatch::aggregator
