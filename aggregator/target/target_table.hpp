#pragma once

// The targets: who they are, what is due when, and which of their states are to be written. What is
// decided about each is decided by judge.hpp. Pure.

#include "aggregator/ledger.hpp"
#include "aggregator/saved.hpp"
#include "aggregator/target/everybody.hpp"
#include "aggregator/target/first_look.hpp"
#include "aggregator/target/judge.hpp"
#include "common/messages/names.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace stalewatch::aggregator {

class TargetTable {
 public:
  explicit TargetTable(Ledger& ledger) : ledger_(ledger), everybody_(ledger) {}

  /// Goes on from what the journal holds, in which `next_id` is the first that is free. Deadlines
  /// that passed meanwhile wait for the first sample, or for silence.
  void restore(std::vector<TargetRow> rows, std::uint32_t next_id, NodeTime now);
  void restore(SavedTargets saved);
  SavedTargets save() const;
  /// One whose stored state cannot be understood.
  void give_up(const UnreadableTarget& unreadable, NodeTime now);
  /// Takes a (new) configuration in force. True when targets have come or gone.
  bool configure(const std::vector<ServerConfig>& servers, NodeTime now);
  /// Tells once how all targets are, as soon as each has shown it.
  void look_first(NodeTime now);

  /// Whether there is a target with that id. What follows with an id is of one that there is.
  bool knows(std::uint32_t id) const { return id < slots_.size() && slots_[id]; }
  /// A sample of it is judged. True when that led to an event.
  bool judge(const Observation& seen, NodeTime now);
  /// A sample of it came that cannot be judged yet: somebody watches.
  void heard(std::uint32_t id, NodeTime now) { slots_[id]->state.last_sample_at = now; }
  /// A sample of it came that is not believed.
  void refused(std::uint32_t id) { slots_[id]->state.refused = true; }
  /// The prober whose old samples of it were taken is through with them.
  void caught_up(std::uint32_t id, NodeTime now);
  /// People were told that nobody watches it.
  bool is_unwatched(std::uint32_t id) const { return slots_[id]->state.stored.watch.open(); }
  /// The prober of these is lost, and may come back with news of them.
  void remember_times(const std::vector<std::uint32_t>& ids, NodeTime now);
  /// No other prober can come with news of the same any more.
  void forget_times(std::uint32_t id);

  /// Which probers there are has changed; `first` is the name of one, empty when there is none.
  void probers_are(std::string_view first, NodeTime now);
  /// Samples have come.
  void sampled(NodeTime now);
  /// Decides what is due by now. `reason`: why no samples come, should that be told.
  void advance(WatchReason reason, NodeTime now);
  std::optional<NodeTime> next_deadline() const;
  /// After a standstill: what was missed meanwhile is nobody's silence.
  void resume(NodeTime now);
  /// A step of our clock is believed: moves what was noted by it, and judges anew. `why`: for
  /// people.
  void adopt_clock(const ClockShift& shift, const std::string& why, NodeTime now);
  /// Median over the targets of their clocks minus ours.
  std::optional<Duration> clock_offset() const;
  /// States that have changed since the last call.
  std::vector<TargetRow> take_rows();

  const Target* find(std::uint32_t id) const { return knows(id) ? &slots_[id]->target : nullptr; }
  std::optional<std::uint32_t> id_of(const std::string& key) const;
  /// Ascending.
  std::vector<std::uint32_t> ids() const;

  /// The opening events of problems that are open and were announced up to the event `head`, of the
  /// targets from the id `from` on: as many as fit a message.
  struct ProblemsPage {
    std::vector<Event> problems;
    std::optional<std::uint32_t> next;  ///< the id to go on with; nothing: these are the last
  };
  ProblemsPage open_problems(std::uint32_t from, std::int64_t head, NodeTime now) const;

  struct Counts {
    std::size_t targets = 0, fresh = 0, stale = 0, data_unknown = 0, failing = 0, not_watched = 0;
  };
  Counts counts() const;

 private:
  struct Slot {
    Target target;
    TargetState state;
    std::optional<NodeTime> armed;  // its earliest entry in the heap
    bool dirty = false;
  };
  struct Deadline {
    NodeTime at;
    std::uint32_t id;
    bool operator>(const Deadline& other) const {
      return std::tie(at, id) > std::tie(other.at, other.id);
    }
  };

  Step step(Slot& slot, NodeTime now) {
    return ledger_.step(slot.target, slot.state, now, everybody_.watching());
  }
  void changed(Slot& slot);
  void arm(Slot& slot);
  void shift_clock(const ClockShift& shift, NodeTime now);
  void add(const ServerConfig& server, NodeTime now);
  void retire(std::uint32_t id, const std::string& why, bool tell, NodeTime now);
  bool retire_those_gone(const std::vector<ServerConfig>& servers, NodeTime now);
  static bool is_known(const Slot& slot);
  void looked_at(const Slot& slot);
  void tell_first_look(NodeTime now);

  Ledger& ledger_;
  std::vector<std::unique_ptr<Slot>> slots_;  // by id; retired ones are empty
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
  std::vector<std::uint32_t> dirty_;
  Everybody everybody_;
  FirstLook first_look_;
};

}  // namespace stalewatch::aggregator
