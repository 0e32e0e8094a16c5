#pragma once

// What a turn comes to, as the parts of the core put it together: one numbering of events for all
// of them. Pure.

#include "aggregator/rows.hpp"
#include "aggregator/target/step.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace stalewatch::aggregator {

/// As it goes to the journal.
inline TargetRow row_of(const Target& target, const TargetState& state, bool retired) {
  const auto& policy = target.policy;
  return {target.id,         policy.key, policy.name, policy.address,
          policy.time_field, retired,    state.stored};
}

class Ledger {
 public:
  explicit Ledger(std::int64_t next_seq) : next_seq_(next_seq) {}

  /// An event about the system itself; takes the next number. Valid until the next event.
  Event& add(Kind kind, const std::string& name, const std::string& detail, bool notify,
             NodeTime now) {
    Event& event = decisions_.events.emplace_back();
    event.seq = next_seq_++;
    event.kind = kind;
    event.name = name;
    event.at = event.decided_at = to_wire(now);
    if (!detail.empty()) event.detail = detail;
    event.notify = notify;
    event.db_save = true;
    return event;
  }
  /// Worth a line in the process' own log, not an event.
  void note(std::string text) { decisions_.notes.push_back(std::move(text)); }

  /// A step about one target, which tells its events here.
  Step step(const Target& target, TargetState& state, NodeTime now, const Watching& watching) {
    return {target, state, now, next_seq_, decisions_, watching};
  }

  /// Number of the next event.
  std::int64_t next_seq() const { return next_seq_; }

  /// All of it, but for what the parts know themselves to have changed.
  Changes take() {
    changes.events = std::exchange(decisions_.events, {});
    changes.notes = std::exchange(decisions_.notes, {});
    return std::exchange(changes, {});
  }

  Changes changes;  ///< rows; events and notes come by the functions above

 private:
  std::int64_t next_seq_;
  Decisions decisions_;
};

}  // namespace stalewatch::aggregator
