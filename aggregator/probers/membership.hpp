#pragma once

// Which probers there are, and who probes what. Pure.

#include "aggregator/node_time.hpp"
#include "aggregator/target/clock_shift.hpp"
#include "common/messages/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::aggregator {

/// A prober that has said hello and not been lost.
struct Prober {
  std::string name;  ///< of all that are here nobody else has it
  std::string instance;
  std::string zone;
  std::string version;
  std::uint32_t capacity = 1;
  std::string peer;  ///< where to answer; empty after a restart until it says hello again
  NodeTime lease_until{};
  std::optional<Duration> clock_offset;  ///< aggregator's clock minus the prober's
  std::vector<std::uint32_t> targets;    ///< what it probes, ascending
  std::uint64_t generation = 0;          ///< of the newest Targets meant for it
  bool resend = true;                    ///< tell it its whole share at the next division
  /// Who has joined since its last sign of life and would have its name, were that free: the same
  /// one restarted, or another one that is called alike. Empty: nobody.
  std::string followed_by;
};

template <typename F>
void for_each_instant(Prober& m, F&& f) {
  f(m.lease_until);
}

/// What a prober is to be told.
struct AssignmentChange {
  std::string instance;
  bool full = false;  ///< `added` is its whole share, whatever it knew before
  std::vector<std::uint32_t> added, removed;
};

class Membership {
 public:
  /// A prober that was there before a restart: it gets one lease of grace to be heard of again.
  void restore(Prober prober, NodeTime lease_until);

  /// True when the prober is new. It is called as it was before (`known_as`, where it is known from
  /// then), else as it calls itself; where somebody else has that name NAME-2, NAME-3, ...
  bool hello(const Hello& hello, const std::string& peer, NodeTime lease_until,
             const std::string& known_as = {});
  /// The prober, its lease renewed; nothing when it is not known (it should say hello again).
  Prober* lease(const Lease& lease, NodeTime lease_until);
  std::optional<Prober> goodbye(const std::string& instance);
  /// Takes out and returns those whose lease has ended.
  std::vector<Prober> expire(NodeTime now);

  /// `wanted`, or if somebody has that NAME-2, NAME-3, ...
  std::string free_name(const std::string& wanted) const;

  std::optional<NodeTime> next_deadline() const;
  /// A step of our clock is believed: moves what was noted by it.
  void shift_clock(const ClockShift& shift);
  /// All leases last until then.
  void renew_all(NodeTime lease_until);
  /// Every prober is told its whole share at the next division.
  void resend_all();
  Prober* find(std::string_view instance);
  const Prober* find(std::string_view instance) const;
  const std::vector<Prober>& probers() const { return probers_; }

  /// Divides these targets (ascending ids) among the probers by rendezvous hashing: a prober that
  /// comes or goes moves only its own share. Returns what changed, per prober.
  std::vector<AssignmentChange> assign(const std::vector<std::uint32_t>& targets);

 private:
  std::string name_newcomer(const std::string& wanted, const std::string& known_as);

  std::vector<Prober>
      probers_;  // in order of instance, so that nothing depends on the order of joining
};

}  // namespace stalewatch::aggregator
