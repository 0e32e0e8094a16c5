#pragma once

// All targets together: who they are, what is due when, who probes them. Everything the aggregator
// decides happens here, as a function of what is put in and of the time that is handed in; no
// clock, socket, file or log.

#include "aggregator/consumers.hpp"
#include "aggregator/first_look.hpp"
#include "aggregator/probers/membership.hpp"
#include "aggregator/probers/streams.hpp"
#include "aggregator/target/judge.hpp"
#include "common/base/first_times.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

namespace stalewatch::aggregator {

/// A target as it stands in the journal.
struct TargetRow {
  std::uint32_t id = 0;
  std::string key, name, address, time_field;  ///< address in full: a changed one is another target
  bool retired = false;
  StoredState state;
};

/// The journal_trouble that is open.
struct OpenTrouble {
  std::int64_t episode = 0;  ///< seq of the opening event; 0: all is well
  Timestamp since{};

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

class Core {
 public:
  /// Goes on from what the journal holds. Deadlines that passed meanwhile wait for the first
  /// sample, or for silence.
  Core(Restored restored, Duration lease, Timestamp now);

  /// Takes a (new) configuration in force: new targets, changed ones, retired ones. True when
  /// targets have come or gone.
  bool configure(const std::vector<ServerConfig>& servers, Timestamp now);

  /// Samples of one prober, in order, sent after its news number `after`. `instance` finds its
  /// clock offset and which of its news were taken before. A sample that cannot be understood or
  /// believed, or of a target that the prober was never given, is refused alone: counted, told once
  /// a prober, and its number is taken. Those of targets that are gone are counted and ignored.
  void observe(std::string_view prober, std::string_view instance,
               const std::vector<Sample>& samples, Timestamp now,
               std::optional<std::uint64_t> after = std::nullopt);
  /// What the prober of that start is called; `otherwise` when it has not said hello.
  std::string_view name_of(std::string_view instance, std::string_view otherwise);
  /// A whole batch of a prober could not be understood: its news are asked for one by one.
  void garbled(std::string_view instance);

  void hello(const Hello& hello, const std::string& peer, Timestamp now);
  /// The prober if it is known, nothing if it should say hello again.
  Prober* lease(const Lease& lease, Timestamp now);
  void goodbye(const Goodbye& goodbye, Timestamp now);
  /// Tells all probers their whole shares again: under another assignment.
  void resend_all();
  /// Tells a prober its whole share again.
  void resend(const std::string& instance);

  /// Takes a (new) list of consumers in force: for these events are kept, and they are told of when
  /// they are behind.
  void configure_consumers(const std::vector<std::string>& names, Timestamp now);
  /// Consumers can have everything up to this number; about once a second, before their
  /// acknowledgements are taken.
  void published(std::int64_t head, Timestamp now) { consumers_.note_head(head, now); }
  /// Everything up to `seq` has taken effect at a consumer: an acknowledgement that counts.
  void ack(const std::string& consumer, std::int64_t seq, Timestamp now) {
    consumers_.ack(consumer, seq, now);
  }
  /// A consumer says that it takes nothing until somebody changes something; false for a stranger.
  bool consumer_stuck(const std::string& consumer, const std::string& why) {
    return consumers_.stuck(consumer, why);
  }
  /// Tells of consumers that have fallen behind the published events by more than `limit`, or have
  /// caught up; about once a second.
  void watch_consumers(Duration limit, Timestamp now);
  const Consumers& consumers() const { return consumers_; }
  /// What is wrong with the journal; empty: nothing (any more). Told when that changes.
  void journal_trouble(const std::string& what, Timestamp now);

  /// Tells once how all targets are, as soon as each has shown it (`watching`).
  void look_first(Timestamp now);

  /// Fires what is due by now, in the order of the deadlines. A `now` before the latest that was
  /// handed in, here or with samples, counts as that one: decisions never run backwards.
  void advance(Timestamp now);
  std::optional<Timestamp> next_deadline() const;

  /// The loop itself stood still (stopped, swapped out): nothing is judged by the silence
  /// meanwhile.
  void resume(Timestamp now);
  /// The wall clock was stepped, which is told; or a step is believed, and all that was noted by
  /// the old time moves by it, in the journal, too.
  void clock_stepped(Duration step, const std::string& detail, Timestamp now);
  void adopt_clock(Duration shift, const std::string& detail, Timestamp now);
  /// Median over the targets of their clocks minus ours.
  std::optional<Duration> targets_clock_offset() const;

  /// These changes are on disk: their news are safe.
  void committed(const Changes& changes);
  /// What probers are to be told of their news now.
  std::vector<Streams::ToTell> take_acks() { return streams_.take_acks(); }

  /// What has changed since the last call.
  Changes take_changes();

  /// New parts of assignments since the last call.
  std::vector<AssignmentChange> take_assignment_changes();
  const Target* target(std::uint32_t id) const;
  std::optional<std::uint32_t> id_of(const std::string& key) const;
  const std::vector<Prober>& probers() const { return membership_.probers(); }
  Prober* prober(std::string_view instance) { return membership_.find(instance); }

  /// The opening events of problems that are open and were announced up to the event `head`, of the
  /// targets from the id `from` on: as many as fit a message.
  struct ProblemsPage {
    std::vector<Event> problems;
    std::optional<std::uint32_t> next;  ///< the id to go on with; nothing: these are the last
  };
  ProblemsPage open_problems(std::uint32_t from, std::int64_t head, Timestamp now) const;

  struct Counts {
    std::size_t targets = 0, fresh = 0, stale = 0, data_unknown = 0, failing = 0, not_watched = 0;
  };
  Counts counts() const;
  std::uint64_t unknown_targets() const { return unknown_targets_; }
  std::uint64_t samples() const { return samples_; }
  std::uint64_t refused_samples() const { return refused_samples_; }
  /// Offsets of clocks that were left out of samples because they cannot be.
  std::uint64_t refused_offsets() const { return refused_offsets_; }
  const Streams& streams() const { return streams_; }
  std::int64_t next_seq() const { return next_seq_; }

 private:
  struct Slot {
    Target target;
    TargetState state;
    std::optional<Timestamp> armed;  // its earliest entry in the heap
    bool dirty = false;
  };
  struct Deadline {
    Timestamp at;
    std::uint32_t id;
    bool operator>(const Deadline& other) const {
      return std::tie(at, id) > std::tie(other.at, other.id);
    }
  };

  Timestamp forward(Timestamp now) { return latest_ = std::max(latest_, now); }
  Step step(Slot& slot, Timestamp now);
  void changed(Slot& slot);
  void shift_clock(const ClockShift& shift, Timestamp now);
  Slot* slot_of(std::uint32_t id);
  void arm(Slot& slot);
  void add(const ServerConfig& server, Timestamp now);
  void retire(std::uint32_t id, const std::string& why, bool tell, Timestamp now);
  bool retire_those_gone(const std::vector<ServerConfig>& servers, Timestamp now);
  void give_up(const UnreadableTarget& target, Timestamp now);
  Event& system_event(Kind kind, const std::string& name, const std::string& detail, bool notify,
                      Timestamp now);
  void judge(Slot& slot, const Observation& seen, Timestamp now);
  static std::string_view refusal_of(const Sample& sample, const Slot* slot, const Stream& stream,
                                     Timestamp now);
  void refused(Stream& stream, std::string_view prober, const Sample& sample, Slot* slot,
               std::string_view why);
  void catch_up(Stream& stream, const Prober& prober, Timestamp now);
  void samples_lost(const std::string& prober, const Loss& loss, const std::string& detail,
                    bool notify, Timestamp now);
  void prober_lost(const Prober& prober, Timestamp now);
  void configure_everybody(const std::vector<ServerConfig>& servers);
  Watching watching() const;
  void count_probers(Timestamp now);
  std::optional<Timestamp> nobody_due() const;
  void tell_nobody(Timestamp now);
  static bool is_known(const Slot& slot);
  void looked_at(const Slot& slot);
  void tell_first_look(Timestamp now);
  void take_left(Timestamp now);
  void forget_probers(Timestamp now);
  void reassign();
  std::string_view watch_reason() const;
  TargetRow row_of(const Slot& slot, bool retired) const;

  std::vector<std::unique_ptr<Slot>> slots_;  // by id; retired ones are empty
  Slot everybody_;  ///< all targets as one, with the id 0: its watch axis is that nobody watches
  std::optional<Timestamp> nobody_since_;  ///< when the last prober went; nothing: there are some
  bool sampled_since_joined_ = true;       ///< since the first prober came after there was none
  FirstLook first_look_;
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
  Membership membership_;
  Consumers consumers_;
  OpenTrouble trouble_;
  Streams streams_;
  Duration lease_;
  bool last_prober_was_lost_ = false;
  std::int64_t next_seq_;
  Timestamp latest_;
  Timestamp resumed_at_;  ///< start of this run, or the end of its last standstill
  /// Until then, probers' measurements stem from before a change of the clock.
  Timestamp offsets_settle_at_{};
  std::uint64_t unknown_targets_ = 0;
  std::uint64_t samples_ = 0;
  std::uint64_t refused_samples_ = 0;
  std::uint64_t refused_offsets_ = 0;
  Decisions decisions_;
  Changes changes_;
  std::vector<std::uint32_t> dirty_;
  std::vector<AssignmentChange> assignment_changes_;
  FirstTimes<std::string> strangers_{100};  ///< whose samples are refused
};

}  // namespace stalewatch::aggregator
