#pragma once

// The news of one start of one prober, as the aggregator stands with them: go-back-N, seen from the
// receiver. Pure. What happens to them: streams.hpp.
//
// Why so much of it. A sample that changes nothing may be lost: the next one says the same. News
// (the data was renewed, the server began to fail) may not: what they say comes no second time.
// PUB/SUB loses them when a connection breaks, a queue is full, or one side starts again. So each
// has a number, the prober keeps it in a ring until it is told that it is safe, and the aggregator
// takes each number once, and only the next one. An episode is judged by what was known then: taken
// out of order, a server's answering again would come before its failing. A number that is missing
// therefore stops all behind it, until it has come again or is known to be gone for good.
//
// Three things are kept apart, for each can be so without the others:
//
// - `received` and `committed`. What was taken is in memory; a prober may forget only what is on
//   disk with all that it caused. After a crash the journal's numbers count, and the ring fills the
//   rest.
// - Presence: whether it is there, and whether its numbers and its clock are known. The same
//   process may come back after a partition with a ring full of what it saw meanwhile, so a lost
//   one is remembered. Before a lease has told its clock, the times in its news mean nothing, and
//   nothing numbered is taken.
// - Flow: whether something is missing. That news were sent and have not come is no hole yet: a
//   lease goes by another socket and may overtake them. Only what comes behind them, or a second
//   without them, says that they are lost.
//
// A hole that cannot be filled is given up and told as lost: what the prober says that it no longer
// has, at once; what came three times and was not understood, then. A prober that never sends what
// its leases tell of stops its own stream, no other's, and is asked at growing intervals.

#include "aggregator/target/clock_shift.hpp"
#include "common/base/time.hpp"
#include "common/messages/messages.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

/// Whether a prober is there, and what is known of it.
enum class Presence {
  stranger,       ///< has not said hello
  newcomer,       ///< has; its first number is not known yet
  joined,         ///< its numbers are known; its clock is not, since it came (back)
  synced,         ///< since then a lease has told its clock, too: its news are taken
  lost_newcomer,  ///< gone without goodbye before its first number was known
  lost,           ///< gone without goodbye: it may come back, and its numbers go on
};
enum class PresenceInput { hello, clock_told, lease_ended };

/// The journal brings back a prober as `joined` or `lost`. Only those that are there have leases.
constexpr Presence next(Presence presence, PresenceInput input) {
  using enum Presence;
  // clang-format off
  constexpr Presence table[][3] = {
      // hello     clock told     lease ended
      {newcomer,   stranger,      stranger     },  // stranger
      {newcomer,   synced,        lost_newcomer},  // newcomer
      {joined,     synced,        lost         },  // joined
      {joined,     synced,        lost         },  // synced
      {newcomer,   lost_newcomer, lost_newcomer},  // lost_newcomer
      {joined,     lost,          lost         },  // lost
  };
  // clang-format on
  return table[static_cast<int>(presence)][static_cast<int>(input)];
}
constexpr bool is_there(Presence presence) {
  return presence == Presence::newcomer || presence == Presence::joined ||
         presence == Presence::synced;
}
constexpr bool is_lost(Presence presence) {
  return presence == Presence::lost || presence == Presence::lost_newcomer;
}

/// Whether news are missing.
enum class Flow {
  in_order,     ///< no
  outstanding,  ///< a lease has told of some that have not come: they may be under way
  hole,         ///< later ones have come: nothing is taken until those before them have
  told_hole,    ///< and a lease has told of some, too
};
enum class FlowInput {
  taken,      ///< the next one, or all up to some number are given up
  hole_seen,  ///< one behind the next, or a batch that says so
  all_came,   ///< a lease that tells of nothing more
  more_told,  ///< a lease that tells of more
  lost,       ///< the prober is
};

constexpr Flow next(Flow flow, FlowInput input) {
  using enum Flow;
  // clang-format off
  constexpr Flow table[][5] = {
      // taken   hole seen   all came   more told    lost
      {in_order, hole,       in_order,  outstanding, in_order   },  // in_order
      {in_order, told_hole,  in_order,  outstanding, outstanding},  // outstanding
      {in_order, hole,       hole,      told_hole,   in_order   },  // hole
      {in_order, told_hole,  hole,      told_hole,   outstanding},  // told_hole
  };
  // clang-format on
  return table[static_cast<int>(flow)][static_cast<int>(input)];
}
constexpr bool has_hole(Flow flow) { return flow == Flow::hole || flow == Flow::told_hole; }

/// How often what is missing is asked for; begins anew with whatever comes.
struct Asking {
  NodeTime next{};        ///< not asked again before this
  unsigned requests = 0;  ///< in a row without anything that came
  bool garbled = false;   ///< something came since the last request that cannot be understood
  int failures = 0;       ///< requests in a row that were answered by such
};

/// It said goodbye.
struct Leaving {
  NodeTime until{};        ///< its last news are awaited so long
  std::uint64_t last = 0;  ///< the number of these
};

struct Stream {
  std::string name, instance;
  Presence presence = Presence::stranger;
  std::optional<Leaving> leaving;  ///< of one that is there

  std::uint64_t received = 0;                ///< all up to here were taken, in order
  std::uint64_t committed = 0;               ///< and up to here they are safe on disk
  std::uint64_t told_last = 0;               ///< the newest that a lease has told of
  std::optional<std::uint64_t> batch_after;  ///< news before the batch that is being taken

  Flow flow = Flow::in_order;
  NodeTime outstanding_since{};  ///< while outstanding: when a lease first told of it
  Asking asking;
  bool wants_resend = false;  ///< a request goes with its next acknowledgement
  NodeTime next_tell{};       ///< no further loss is told before this
  NodeTime garbled_until{};   ///< that news are not understood is nothing new until then

  NodeTime heard_at{};  ///< all that it saw until then was taken
  NodeTime saved_at{};  ///< heard_at as the journal has it

  bool goes_on = false;  ///< known before this run (or a stop), and not complete since
  std::set<std::uint32_t> catching_up;  ///< targets of which only old samples have come
  std::vector<bool> given;              ///< by id: targets that it was ever given in this run
  /// Known before this run, or had news before: until then it may tell of targets that it was
  /// given before.
  NodeTime tells_of_any_until{};
  bool told_refused = false;  ///< the log has it that samples of it are refused
};

template <typename F>
void for_each_instant(Asking& m, F&& f) {
  f(m.next);
}

template <typename F>
void for_each_instant(Leaving& m, F&& f) {
  f(m.until);
}

template <typename F>
void for_each_instant(Stream& m, F&& f) {
  f(m.heard_at), f(m.saved_at), f(m.leaving), f(m.outstanding_since), f(m.asking), f(m.next_tell);
  f(m.garbled_until), f(m.tells_of_any_until);
}

/// What holds of every stream, whatever its prober says.
constexpr bool is_consistent(const Stream& stream) {
  const bool unnumbered = stream.presence == Presence::stranger ||
                          stream.presence == Presence::newcomer ||
                          stream.presence == Presence::lost_newcomer;
  return stream.committed <= stream.received && (!unnumbered || stream.received == 0) &&
         (!stream.leaving || is_there(stream.presence));
}

}  // namespace stalewatch::aggregator
