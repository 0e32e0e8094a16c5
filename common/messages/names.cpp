#include "common/messages/names.hpp"

#include <array>

namespace stalewatch {
namespace {

// In the order of the enumerators.
constexpr auto outcome_names = std::to_array<std::string_view>(
    {"ok", "dns", "connect", "tls", "timeout", "http_status", "too_large", "not_json",
     "field_missing", "time_unreadable", "time_in_future"});
static_assert(outcome_names.size() == known_outcomes);

struct KindRow {
  std::string_view name;
  Role role;
  Kind opening;
};

// In the order of the enumerators.
constexpr auto kinds = std::to_array<KindRow>({
    {"updated", Role::fact, Kind::updated},
    {"went_back", Role::fact, Kind::went_back},
    {"stale", Role::opens, Kind::stale},
    {"still_stale", Role::reminds, Kind::stale},
    {"fresh_again", Role::closes, Kind::stale},
    {"failing", Role::opens, Kind::failing},
    {"still_failing", Role::reminds, Kind::failing},
    {"answering_again", Role::closes, Kind::failing},
    {"not_watched", Role::opens, Kind::not_watched},
    {"still_not_watched", Role::reminds, Kind::not_watched},
    {"watched_again", Role::closes, Kind::not_watched},
    {"clock_off", Role::opens, Kind::clock_off},
    {"clock_ok", Role::closes, Kind::clock_off},
    {"split", Role::opens, Kind::split},
    {"agreed", Role::closes, Kind::split},
    {"retired", Role::closes, Kind::retired},
    {"prober_joined", Role::fact, Kind::prober_joined},
    {"prober_lost", Role::fact, Kind::prober_lost},
    {"prober_blind", Role::opens, Kind::prober_blind},
    {"prober_sees", Role::closes, Kind::prober_blind},
    {"journal_trouble", Role::opens, Kind::journal_trouble},
    {"journal_ok", Role::closes, Kind::journal_trouble},
    {"consumer_behind", Role::opens, Kind::consumer_behind},
    {"consumer_ok", Role::closes, Kind::consumer_behind},
    {"samples_lost", Role::fact, Kind::samples_lost},
    {"clock_stepped", Role::fact, Kind::clock_stepped},
    {"prober_left", Role::fact, Kind::prober_left},
    {"nobody_watches", Role::opens, Kind::nobody_watches},
    {"still_nobody_watches", Role::reminds, Kind::nobody_watches},
    {"somebody_watches", Role::closes, Kind::nobody_watches},
    {"watching", Role::fact, Kind::watching},
    {"gap", Role::fact, Kind::gap},
    {"undeliverable", Role::fact, Kind::undeliverable},
    {"aggregator_lost", Role::opens, Kind::aggregator_lost},
    {"aggregator_back", Role::closes, Kind::aggregator_lost},
});

/// What opens, or stands alone, is its own opening; what belongs to an episode comes after it.
constexpr bool are_in_order() {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto opening = static_cast<std::size_t>(kinds[i].opening);
    const bool own = kinds[i].role == Role::opens || kinds[i].role == Role::fact;
    if (own ? opening != i : opening > i) return false;
  }
  return true;
}
static_assert(kinds.size() == known_kinds && are_in_order());

constexpr std::string_view unknown_name = "unknown";
constexpr KindRow unknown_kind = {unknown_name, Role::fact, Kind::unknown};
constexpr std::size_t longest_name = 64;

const KindRow& row(Kind kind) {
  return kind == Kind::unknown ? unknown_kind : kinds.at(static_cast<std::size_t>(kind));
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == text.npos;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  if (outcome == Outcome::unknown) return unknown_name;
  return outcome_names.at(static_cast<std::size_t>(outcome));
}

std::string_view name_of(Kind kind) { return row(kind).name; }

std::string_view name_of(const EventKind& kind) {
  return kind.unknown_name().empty() ? name_of(Kind(kind)) : kind.unknown_name();
}

std::string_view name_of(WatchReason reason) {
  switch (reason) {
    case WatchReason::no_prober:
      return "no_prober";
    case WatchReason::prober_lost:
      return "prober_lost";
    case WatchReason::samples_lost:
      break;
  }
  return "samples_lost";
}

std::optional<Outcome> outcome_from(std::string_view name) {
  for (std::size_t i = 0; i < outcome_names.size(); ++i)
    if (outcome_names[i] == name) return static_cast<Outcome>(i);
  if (!is_name(name)) return std::nullopt;
  return Outcome::unknown;
}

std::optional<EventKind> event_kind_from(std::string_view name) {
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (kinds[i].name == name) return static_cast<Kind>(i);
  if (!is_name(name)) return std::nullopt;
  return EventKind::unknown(std::string(name));
}

Role role_of(Kind kind) { return row(kind).role; }

Kind opening_of(Kind kind) { return row(kind).opening; }

std::string_view problem_of(const EventKind& kind) {
  return kind == Kind::unknown ? name_of(kind) : name_of(opening_of(kind));
}

}  // namespace stalewatch
