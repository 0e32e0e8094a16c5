#pragma once

// The probers: which there are, what each is to probe, and which of their samples are taken. What
// is taken is judged by the targets. Pure.

#include "aggregator/input.hpp"
#include "aggregator/ledger.hpp"
#include "aggregator/probers/membership.hpp"
#include "aggregator/probers/streams.hpp"
#include "aggregator/saved.hpp"
#include "aggregator/target/target_table.hpp"
#include "common/base/first_times.hpp"
#include "common/messages/names.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::aggregator {

class ProberTable {
 public:
  /// Leases last so long.
  ProberTable(Ledger& ledger, TargetTable& targets, Duration lease, NodeTime now)
      : ledger_(ledger), targets_(targets), lease_(lease), resumed_at_(now) {}

  /// Goes on from what the journal holds.
  void restore(std::vector<ProberRow> rows, NodeTime now);
  void restore(SavedProbers saved);
  SavedProbers save() const;

  // As the inputs of these names say.
  void take(const input::Samples& batch, NodeTime now);
  void take(const input::Garbled& garbled);
  void take(const input::Hello& hello, NodeTime now);
  void take(const input::Lease& lease, NodeTime now);
  void take(const input::Goodbye& goodbye, NodeTime now);
  void take(const input::Resend& resend);
  void take(const input::Assigned& assigned);
  void take(const input::Committed& committed);

  /// Which targets there are, or what they are like, has changed: each prober is told its whole
  /// share anew.
  void reassign_all();
  /// Probers whose leases have ended by now are lost.
  void advance(NodeTime now);
  std::optional<NodeTime> next_deadline() const;
  void resume(NodeTime now);
  /// A step of our clock is believed: moves what was noted by it.
  void shift_clock(const ClockShift& shift, NodeTime now);

  /// Why no samples of a target come, should that be told.
  WatchReason watch_reason() const;
  const std::vector<Prober>& probers() const { return membership_.probers(); }
  const Prober* find(std::string_view instance) const { return membership_.find(instance); }
  /// One that can be answered. Nothing of one that should say hello (again): it is not known, or
  /// was there before a restart.
  const Prober* reachable(std::string_view instance) const;
  /// What probers are to be told of their news now.
  std::vector<Streams::ToTell> take_acks() { return streams_.take_acks(); }
  /// New parts of assignments since the last call.
  std::vector<AssignmentChange> take_assignment_changes();
  /// What of their news was taken, where that has changed since the last call.
  std::vector<ProberRow> take_rows() { return streams_.take_rows(); }

  const Streams& streams() const { return streams_; }
  std::uint64_t samples() const { return samples_; }
  /// Samples of targets that are not known (any more).
  std::uint64_t unknown_targets() const { return unknown_targets_; }
  std::uint64_t refused_samples() const { return refused_samples_; }
  /// Offsets of clocks that were left out of samples because they cannot be.
  std::uint64_t refused_offsets() const { return refused_offsets_; }

 private:
  /// Whose samples are being taken.
  struct Sender {
    std::string_view name;
    Stream& stream;
    bool known;       // has said hello
    Duration offset;  // our clock minus its
  };

  void take_one(const Sender& sender, const Sample& sample, NodeTime now);
  Observation observation_of(const Sender& sender, const Sample& sample, NodeTime now);
  std::string_view refusal_of(const Sample& sample, const Stream& stream, NodeTime now) const;
  void refuse(const Sender& sender, const Sample& sample, std::string_view why);
  void catch_up(Stream& stream, const Prober& prober, NodeTime now);
  void samples_lost(const std::string& prober, const Loss& loss, const std::string& detail,
                    bool notify, NodeTime now);
  void lose(const Prober& prober, NodeTime now);
  void take_left(NodeTime now);
  void forget(NodeTime now);
  void reassign();
  void tell_targets(NodeTime now);

  Ledger& ledger_;
  TargetTable& targets_;
  Duration lease_;
  Membership membership_;
  Streams streams_;
  bool last_was_lost_ = false;
  NodeTime resumed_at_;  // start of this run, or the end of its last standstill
  // Until then, probers' measurements stem from before a change of the clock.
  NodeTime offsets_settle_at_{};
  std::vector<AssignmentChange> assignment_changes_;
  FirstTimes<std::string> strangers_{100};  // whose samples are refused
  std::uint64_t samples_ = 0;
  std::uint64_t unknown_targets_ = 0;
  std::uint64_t refused_samples_ = 0;
  std::uint64_t refused_offsets_ = 0;
};

}  // namespace stalewatch::aggregator
