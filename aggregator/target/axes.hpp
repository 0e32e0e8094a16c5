#pragma once

// What can be wrong with a target. On each axis problems open, are reminded of and close alike; a
// new axis, or one more thing that inhibits, is a row of this table. Pure.

#include "aggregator/target/state.hpp"
#include "common/messages/messages.hpp"

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace stalewatch::aggregator {

/// What holds of all targets at once.
struct Watching {
  bool nobody = false;  ///< people were told that nobody watches, which inhibits everything else
  /// Silence is told from here on at the earliest: before, it may be everybody's.
  NodeTime silence_from{};
};

/// What explains a problem so that people need not hear of it as well, as long as it lasts.
enum class Inhibitor { nobody_watches, not_watched, failing };

struct Axis {
  std::string_view name;
  Problem StoredState::*problem;
  /// Where the closing is kept that is owed to people while it is inhibited; null: it never is.
  std::optional<Problem> StoredState::*owed;
  Kind opens;
  std::optional<Kind> reminds;  ///< none: people hear of it once
  Kind closes;
  std::string_view state;  ///< of the target meanwhile, for people: "failing"
  std::span<const Inhibitor> inhibited_by;
};

inline constexpr std::array by_nobody{Inhibitor::nobody_watches};
inline constexpr std::array by_silence{Inhibitor::nobody_watches, Inhibitor::not_watched};
inline constexpr std::array by_failure{Inhibitor::nobody_watches, Inhibitor::not_watched,
                                       Inhibitor::failing};

/// The worst first.
inline constexpr std::array axes{
    Axis{.name = "watch",
         .problem = &StoredState::watch,
         .owed = nullptr,
         .opens = Kind::not_watched,
         .reminds = Kind::still_not_watched,
         .closes = Kind::watched_again,
         .state = "not watched",
         .inhibited_by = by_nobody},
    Axis{.name = "server",
         .problem = &StoredState::server,
         .owed = &StoredState::server_owed,
         .opens = Kind::failing,
         .reminds = Kind::still_failing,
         .closes = Kind::answering_again,
         .state = "failing",
         .inhibited_by = by_silence},
    Axis{.name = "data",
         .problem = &StoredState::data,
         .owed = &StoredState::data_owed,
         .opens = Kind::stale,
         .reminds = Kind::still_stale,
         .closes = Kind::fresh_again,
         .state = "stale",
         .inhibited_by = by_failure},
    Axis{.name = "clock",
         .problem = &StoredState::clock,
         .owed = nullptr,
         .opens = Kind::clock_off,
         .reminds = std::nullopt,
         .closes = Kind::clock_ok,
         .state = "its clock was off",
         .inhibited_by = {}},
};
inline constexpr const Axis& watch_axis = axes[0];
inline constexpr const Axis& server_axis = axes[1];
inline constexpr const Axis& data_axis = axes[2];
inline constexpr const Axis& clock_axis = axes[3];

/// Of all targets as one: that nobody watches them.
inline constexpr Axis everybody_axis{.name = "everybody",
                                     .problem = &StoredState::watch,
                                     .owed = nullptr,
                                     .opens = Kind::nobody_watches,
                                     .reminds = Kind::still_nobody_watches,
                                     .closes = Kind::somebody_watches,
                                     .state = "not watched",
                                     .inhibited_by = {}};

inline bool inhibits(Inhibitor inhibitor, const StoredState& stored, const Watching& watching) {
  switch (inhibitor) {
    case Inhibitor::nobody_watches:
      return watching.nobody;
    case Inhibitor::not_watched:
      return stored.watch.open();
    case Inhibitor::failing:
      return stored.server.open();
  }
  return false;
}

inline bool is_inhibited(const Axis& axis, const StoredState& stored, const Watching& watching) {
  for (const Inhibitor inhibitor : axis.inhibited_by)
    if (inhibits(inhibitor, stored, watching)) return true;
  return false;
}

}  // namespace stalewatch::aggregator
