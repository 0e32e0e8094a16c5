#pragma once

// The state of one mock path, and what it shows at an instant. Pure.

#include "common/base/time.hpp"
#include "mock_server/change.hpp"
#include "mock_server/time_style.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace stalewatch::mock_server {

/// The computed times that a path shows: `base` at `anchor`, then one more `every`, unless frozen.
struct Timeline {
  Timestamp base{};
  Timestamp anchor{};
  Duration every = std::chrono::seconds(10);
  bool frozen = false;

  bool operator==(const Timeline&) const = default;
};

Timestamp computed_at(const Timeline& timeline, Timestamp now);

/// Everything that decides an answer, besides the instant.
struct Settings {
  Mode mode = Mode::ok;
  int status = 200;
  std::string to;
  std::string value;
  Timeline timeline;
  Duration sleep{};
  Duration pace = std::chrono::milliseconds(500);
  std::size_t size = 10 << 20;
  bool date = true;
  Duration date_offset{};
  std::string age_header;
  std::string field = "computed_time";
  TimeStyle style;

  bool operator==(const Settings&) const = default;
};

/// Settings with a change made at `now`.
Settings changed(Settings settings, const Change& change, Timestamp now);

/// What is in force for a while only.
struct Temporary {
  Settings settings;
  std::optional<Timestamp> until;
  std::optional<std::uint64_t> answers_left;

  bool operator==(const Temporary&) const = default;
};

struct PathState {
  Settings settings;
  std::optional<Temporary> temporary;

  bool operator==(const PathState&) const = default;
};

/// A lasting change ends a temporary one; a temporary one builds on the lasting settings.
void apply(PathState& state, const Change& change, Timestamp now);

/// What is in force at `now`.
const Settings& in_force(const PathState& state, Timestamp now);

/// As in_force, and one answer fewer is left of a temporary change.
Settings take(PathState& state, Timestamp now);

}  // namespace stalewatch::mock_server
