#pragma once

#include "common/messages/names.hpp"
#include "notifier/item.hpp"

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace stalewatch::notifier {

using namespace std::chrono_literals;

/// 2026-11-22 10:00:00+01:00
inline const Timestamp ten = timestamp_from_us(1'795'338'000'000'000);

/// All texts of these tests are in the local time of one place.
inline void use_berlin_time() {
  setenv("TZ", "Europe/Berlin", 1);
  tzset();
}

/// An event of one target, as the aggregator would decide it.
inline Event make_event(Kind kind, std::int64_t seq, Timestamp at,
                        const std::string& name = "PROD") {
  Event e;
  e.seq = seq;
  e.kind = kind;
  e.target = e.name = name;
  e.address = "http://h/v";
  e.at = e.decided_at = at;
  e.notify = role_of(kind) != Role::fact;
  return e;
}

/// One of an episode: openings carry their own number.
inline Event make_event(Kind kind, std::int64_t seq, std::int64_t episode, Timestamp at,
                        const std::string& name = "PROD") {
  auto e = make_event(kind, seq, at, name);
  e.episode = episode;
  return e;
}

inline std::vector<Item> items_of(const std::vector<Event>& events) {
  std::vector<Item> items;
  for (const auto& event : events)
    items.push_back(
        {static_cast<std::int64_t>(items.size() + 1), Note::event, event, event.decided_at});
  return items;
}

}  // namespace stalewatch::notifier
