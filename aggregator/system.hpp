#pragma once

// The system itself: its consumers, its journal and its clock, as far as people hear of them. Pure.

#include "aggregator/consumers.hpp"
#include "aggregator/input.hpp"
#include "aggregator/ledger.hpp"
#include "aggregator/saved.hpp"

#include <string>
#include <utility>

namespace stalewatch::aggregator {

/// For people: "forward by 1h".
std::string forward_or_back(Duration step);

class System {
 public:
  /// Goes on from what the journal holds.
  System(Ledger& ledger, Consumers consumers, OpenTrouble trouble, NodeTime now)
      : ledger_(ledger), consumers_(std::move(consumers)), trouble_(trouble), resumed_at_(now) {}

  void restore(SavedSystem saved);
  SavedSystem save() const;

  // As the inputs of these names say.
  void take(const input::ConfigureConsumers& configure, NodeTime now);
  void take(const input::WatchConsumers& watch, NodeTime now);
  void take(const input::JournalTrouble& trouble, NodeTime now);
  void take(const input::ClockStepped& stepped, NodeTime now);
  void take(const input::Published& published, NodeTime now) {
    consumers_.note_head(published.head, now);
  }
  void take(const input::Acked& acked, NodeTime now) {
    consumers_.ack(acked.consumer, acked.seq, now);
  }
  void take(const input::ConsumerStuck& stuck) { consumers_.stuck(stuck.consumer, stuck.why); }

  void resume(NodeTime now) { resumed_at_ = now; }
  /// A step of our clock is believed: moves what was noted by it.
  void shift_clock(const ClockShift& shift);
  /// Puts what has changed since the last call into the ledger.
  void write_rows();

  const Consumers& consumers() const { return consumers_; }

 private:
  Ledger& ledger_;
  Consumers consumers_;
  OpenTrouble trouble_;
  NodeTime resumed_at_;  // start of this run, or the end of its last standstill
};

}  // namespace stalewatch::aggregator
