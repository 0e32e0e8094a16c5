#pragma once

// Everything the aggregator decides happens here, as a function of what is put in and of the time
// that comes with it; no clock, socket, file or log. Three parts share one numbering of events: the
// targets, the probers that watch them, and the system itself.

#include "aggregator/input.hpp"
#include "aggregator/ledger.hpp"
#include "aggregator/probers/prober_table.hpp"
#include "aggregator/saved.hpp"
#include "aggregator/system.hpp"
#include "aggregator/target/target_table.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::aggregator {

class Core {
 public:
  /// Goes on from what the journal holds. Deadlines that passed meanwhile wait for the first
  /// sample, or for silence.
  Core(Restored restored, Duration lease, NodeTime now);
  /// Goes on from where a recording begins.
  explicit Core(Saved saved);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  /// The one entrance: takes what it is told (input.hpp), and decides. `now` by the aggregator's
  /// clock; where it lies before that of an input before, that one's counts.
  void apply(const Input& input, NodeTime now);
  /// When a Tick has something to decide next.
  std::optional<NodeTime> next_deadline() const;

  /// Hears of each input before it is decided: for a recording.
  using Listener = std::function<void(const Input&, NodeTime now)>;
  void listen(Listener listener) { listener_ = std::move(listener); }
  /// As it stands; what it has come to is to be taken before.
  Saved save() const;

  // What it comes to, since the last call of each.
  Changes take_changes();
  /// What probers are to be told of their news.
  std::vector<Streams::ToTell> take_acks() { return probers_.take_acks(); }
  /// New parts of assignments.
  std::vector<AssignmentChange> take_assignment_changes() {
    return probers_.take_assignment_changes();
  }

  // How things stand.
  const TargetTable& targets() const { return targets_; }
  const ProberTable& probers() const { return probers_; }
  const Consumers& consumers() const { return system_.consumers(); }
  /// What the prober of that start is called; `otherwise` when it has not said hello.
  std::string_view name_of(std::string_view instance, std::string_view otherwise) const;
  std::int64_t next_seq() const { return ledger_.next_seq(); }

 private:
  struct Applying;

  Ledger ledger_;
  TargetTable targets_;
  ProberTable probers_;
  System system_;
  NodeTime latest_;
  Listener listener_;
};

}  // namespace stalewatch::aggregator
