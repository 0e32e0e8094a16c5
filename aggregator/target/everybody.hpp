#pragma once

// All targets as one: that nobody watches them is one problem, with an episode of its own, which
// inhibits all others. Pure.

#include "aggregator/ledger.hpp"
#include "aggregator/saved.hpp"
#include "aggregator/target/clock_shift.hpp"
#include "common/messages/names.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::aggregator {

class Everybody {
 public:
  /// Its id in the journal.
  static constexpr std::uint32_t id = 0;

  explicit Everybody(Ledger& ledger);
  void restore(StoredState state) { state_.stored = std::move(state); }
  void restore(SavedEverybody saved);
  SavedEverybody save() const;

  /// What all targets have in common as policy: told in chat if one of them is, reminded as most
  /// are.
  void configure(const std::vector<ServerConfig>& servers);
  /// Which probers there are has changed; `first` is the name of one, empty when there is none.
  /// True when who is silent now is to be given the time to be probed.
  bool probers_are(std::string_view first, NodeTime now);
  /// Samples have come.
  void sampled() { sampled_since_joined_ = true; }
  /// Tells that nobody watches these `targets`, or reminds of it, as far as it is due. `reason`:
  /// why no samples come.
  void advance(std::size_t targets, WatchReason reason, NodeTime now);
  /// When that has something to do next.
  std::optional<NodeTime> next_due(std::size_t targets) const;

  /// What holds of all of them.
  Watching watching() const;
  /// There is no prober.
  bool unattended() const { return nobody_since_.has_value(); }
  /// The opening event of what is open and was announced up to the event `head`.
  std::optional<Event> opening(std::int64_t head, NodeTime now) const;

  /// A step of our clock is believed: moves what was noted by it.
  void shift_clock(const ClockShift& shift, NodeTime now);
  /// If it has changed since the last call.
  std::optional<TargetRow> take_row();

 private:
  Step step(NodeTime now) { return ledger_.step(target_, state_, now, watching()); }

  Ledger& ledger_;
  Target target_;  // its watch axis is that nobody watches
  TargetState state_;
  std::optional<NodeTime> nobody_since_;  // when the last prober went; nothing: there are some
  bool sampled_since_joined_ = true;      // since the first prober came after there was none
  bool changed_ = false;
};

}  // namespace stalewatch::aggregator
