#include "common/messages/names.hpp"

#include <array>

namespace stalewatch {
namespace {

constexpr std::array<std::string_view, 11> outcome_names = {"ok",
                                                            "dns",
                                                            "connect",
                                                            "tls",
                                                            "timeout",
                                                            "http_status",
                                                            "too_large",
                                                            "not_json",
                                                            "field_missing",
                                                            "time_unreadable",
                                                            "time_in_future"};

struct KindRow {
  std::string_view name;
  Role role;
  Kind opening;
};

// In the order of the enumerators.
constexpr std::array<KindRow, 30> kinds = {{
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
    {"gap", Role::fact, Kind::gap},
    {"undeliverable", Role::fact, Kind::undeliverable},
    {"aggregator_lost", Role::opens, Kind::aggregator_lost},
    {"aggregator_back", Role::closes, Kind::aggregator_lost},
}};

const KindRow& row(Kind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

}  // namespace

std::string_view name_of(Outcome outcome) {
  return outcome_names.at(static_cast<std::size_t>(outcome));
}

std::string_view name_of(Kind kind) { return row(kind).name; }

std::optional<Outcome> outcome_from(std::string_view name) {
  for (std::size_t i = 0; i < outcome_names.size(); ++i)
    if (outcome_names[i] == name) return static_cast<Outcome>(i);
  return std::nullopt;
}

std::optional<Kind> kind_from(std::string_view name) {
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (kinds[i].name == name) return static_cast<Kind>(i);
  return std::nullopt;
}

Role role_of(Kind kind) { return row(kind).role; }

Kind opening_of(Kind kind) { return row(kind).opening; }

}  // namespace stalewatch
