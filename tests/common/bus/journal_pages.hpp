#pragma once

// Events by their numbers, and pages of a journal that hold them.

#include "common/bus/event_stream.hpp"

#include <string>
#include <vector>

namespace stalewatch {

using Seqs = std::vector<std::int64_t>;

inline Event event(std::int64_t seq) { return Event{.seq = seq}; }

inline Replayed page(const std::string& journal, std::int64_t after, Seqs seqs, std::int64_t head,
                     bool caught_up = true) {
  Replayed replayed{.journal = journal, .after = after, .oldest = 1, .head = head};
  for (const auto seq : seqs) replayed.events.push_back(event(seq));
  replayed.caught_up = caught_up;
  return replayed;
}

inline Seqs seqs(const std::vector<Event>& events) {
  Seqs result;
  for (const Event& e : events) result.push_back(e.seq);
  return result;
}

}  // namespace stalewatch
