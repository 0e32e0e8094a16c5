#pragma once

// What the core and the journal hand each other: what a turn came to, and what is found at a start.
// Plain data.

#include "aggregator/node_time.hpp"
#include "aggregator/target/state.hpp"
#include "common/messages/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

/// A target as it stands in the journal.
struct TargetRow {
  std::uint32_t id = 0;
  std::string key, name, address, time_field;  ///< address in full: a changed one is another target
  bool retired = false;
  StoredState state;
};

/// A prober as it stands in the journal.
struct ProberRow {
  std::string name, instance;
  std::uint64_t received = 0;  ///< all its news up to here were taken
  NodeTime heard_at{};         ///< all that it saw until then was taken
  bool lost = false;           ///< without goodbye: it may come back
};

/// A consumer as it stands in the journal.
struct ConsumerRow {
  std::string name;
  std::int64_t seq = 0;     ///< everything up to here has taken effect there
  bool registered = true;   ///< false only in journals of older versions: it was forgotten
  NodeTime acked_at{};      ///< when it last acknowledged; the epoch: never
  std::int64_t behind = 0;  ///< seq of the consumer_behind that is open; 0: none
  NodeTime behind_since{};

  bool operator==(const ConsumerRow&) const = default;
};

template <typename F>
void for_each_instant(ConsumerRow& m, F&& f) {
  f(m.acked_at), f(m.behind_since);
}

/// How far the journal had come at an instant.
struct HeadMark {
  NodeTime at{};
  std::int64_t head = 0;

  bool operator==(const HeadMark&) const = default;
};

template <typename F>
void for_each_instant(HeadMark& m, F&& f) {
  f(m.at);
}

/// The journal_trouble that is open.
struct OpenTrouble {
  std::int64_t episode = 0;  ///< seq of the opening event; 0: all is well
  NodeTime since{};

  bool operator==(const OpenTrouble&) const = default;
};

template <typename F>
void for_each_instant(OpenTrouble& m, F&& f) {
  f(m.since);
}

/// The journal goes on under another id.
struct Fork {
  std::string id;
  std::int64_t shared = 0;  ///< numbers up to here mean the same as under the id before
};

/// What one turn came to: one transaction of the journal, then published.
struct Changes {
  std::vector<Event> events;
  std::vector<TargetRow> targets;           ///< new, changed or retired
  std::vector<ProberRow> probers;           ///< new or changed: what of their news was taken
  std::vector<std::string> probers_gone;    ///< instances
  std::vector<std::string> consumers_gone;  ///< names; before those that follow
  std::vector<ConsumerRow> consumers;       ///< new or changed
  std::optional<OpenTrouble> trouble;       ///< changed
  std::optional<Fork> fork;
  std::vector<std::string> notes;  ///< for the process' own log; not in the journal

  bool empty() const {
    return events.empty() && targets.empty() && probers.empty() && probers_gone.empty() &&
           consumers_gone.empty() && consumers.empty() && !trouble && !fork;
  }
};

/// A target whose stored state cannot be understood.
struct UnreadableTarget {
  TargetRow row;  ///< but for its state
  std::string why;
};

/// What the journal holds at a start.
struct Restored {
  std::vector<TargetRow> targets;  ///< those not retired
  std::vector<UnreadableTarget> unreadable;
  std::vector<ProberRow> probers;
  std::vector<ConsumerRow> consumers;
  std::vector<HeadMark> heads;  ///< where its head was at instants before now, ascending
  OpenTrouble trouble;
  std::uint32_t next_id = 1;
  std::int64_t next_seq = 1;
};

}  // namespace stalewatch::aggregator
