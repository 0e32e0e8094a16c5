#pragma once

#include "common/messages/messages.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace stalewatch {

/// The name of an outcome or kind as it stands on the wire, in tables and in texts: "http_status",
/// "still_stale".
std::string_view name_of(Outcome outcome);
std::string_view name_of(Kind kind);
std::string_view name_of(const EventKind& kind);

/// The other way round, also for a name that only a newer version knows: 1 to 64 characters of a-z,
/// 0-9 and _. Nothing for what cannot be one.
std::optional<Outcome> outcome_from(std::string_view name);
std::optional<EventKind> event_kind_from(std::string_view name);

/// Why no samples come: the reasons of not_watched and nobody_watches.
enum class WatchReason : std::uint8_t {
  no_prober,     ///< none is connected
  prober_lost,   ///< the last one was lost
  samples_lost,  ///< there is one, but no usable samples arrive
};
std::string_view name_of(WatchReason reason);

/// What a kind does to an episode. One that is unknown does nothing to any: it is told as a fact.
enum class Role { fact, opens, reminds, closes };
Role role_of(Kind kind);

/// The opening kind of the problem that a kind belongs to (fresh_again -> stale); the kind itself
/// for facts.
Kind opening_of(Kind kind);
/// Its name: what problem a kind belongs to. The name itself of a kind that is unknown.
std::string_view problem_of(const EventKind& kind);

}  // namespace stalewatch
