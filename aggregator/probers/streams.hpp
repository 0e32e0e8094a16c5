#pragma once

// What becomes of all probers' numbered news: which are taken, asked for, given up; when a prober's
// are all there. Why and in which states: stream.hpp. Pure.

#include "aggregator/probers/stream.hpp"
#include "aggregator/rows.hpp"
#include "aggregator/saved.hpp"
#include "aggregator/target/clock_shift.hpp"
#include "common/base/time.hpp"
#include "common/messages/messages.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::aggregator {

/// What a prober says of times can be anything: farther from now than this is no time, and is not
/// reckoned with.
inline constexpr Duration farthest = std::chrono::hours(24 * 365 * 20);

/// News that will not come: the window by the aggregator's clock, and how many where that is known.
struct Loss {
  NodeTime from{}, to{};
  std::optional<std::int64_t> count;
  bool garbled = false;  ///< they came, and could not be understood
  bool again = false;    ///< the same has befallen that prober's news a moment ago

  bool operator==(const Loss&) const = default;
};

class Streams {
 public:
  void restore(const ProberRow& row);
  void restore(std::vector<SavedStream> saved);
  std::vector<SavedStream> save() const;
  /// A hello: the stream is there, and the next good lease makes it synced.
  void join(const std::string& name, const std::string& instance, NodeTime now);
  Stream* find(std::string_view instance);
  const Stream* find(std::string_view instance) const;

  /// Before the samples of a batch that was sent after the news number `after`, if it says so.
  void begin_batch(Stream& stream, std::optional<std::uint64_t> after, NodeTime now);
  /// How a sample is to be taken: it is, it was before, or it comes too early because news before
  /// it are missing.
  enum class Admission { take, known, hole };
  Admission admit(Stream& stream, std::uint64_t news_seq, NodeTime now);
  /// Something of it could not be understood, and may have been the news that are awaited.
  void garbled(Stream& stream) { stream.asking.garbled = true; }
  /// It is to probe these from now on.
  void give(const std::string& instance, const std::vector<std::uint32_t>& targets);
  /// Whether it can have anything to tell of a target.
  static bool may_tell_of(const Stream& stream, std::uint32_t target, NodeTime now) {
    return (target < stream.given.size() && stream.given[target]) ||
           now < stream.tells_of_any_until;
  }
  /// All that it had to tell of what it was given before this run is taken.
  void settled(Stream& stream, NodeTime now);
  /// News that were taken were seen at `at` by the aggregator's clock.
  void took(Stream& stream, NodeTime at);

  /// What a lease tells of the news: which are missing, and which will never come; such a loss is
  /// to be told. `offset`: the aggregator's clock minus the prober's.
  std::optional<Loss> lease(Stream& stream, const Lease& lease, Duration offset, NodeTime now);

  /// By this lease everything that the prober has seen until now was taken.
  /// Leases sent before `since`, when this run began or went on, tell only of then.
  bool complete(const Stream& stream, const Lease& lease, Duration offset, NodeTime since,
                NodeTime now) const;
  /// The process itself stood still: until streams are complete, old samples may come.
  void resume();

  /// The prober is lost without goodbye; what it saw last will perhaps not come.
  Loss lose(Stream& stream, NodeTime now);
  /// The prober has ended: its last news are awaited for a moment.
  void leave(const std::string& instance, std::uint64_t last_news_seq, NodeTime now);
  struct Left {
    std::string name, instance;
    std::optional<Loss> loss;
  };
  /// Those that left and are complete or were awaited long enough; they are forgotten.
  std::vector<Left> take_left(NodeTime now);
  std::optional<NodeTime> next_leave() const;
  /// Forgets lost ones that have been away too long, or are too many; their instances.
  std::vector<std::string> forget(NodeTime now);

  /// Whether news may still come of what another prober has seen meanwhile.
  bool news_may_repeat() const;

  /// States that the journal has not got yet.
  std::vector<ProberRow> take_rows();
  /// The journal has this one on disk.
  void committed(const ProberRow& row);
  struct ToTell {
    std::string instance;
    std::uint64_t committed = 0;
    std::optional<std::uint64_t> resend_from;
    std::optional<std::uint32_t> batch;
  };
  /// What probers are to be told now.
  std::vector<ToTell> take_acks();

  /// A step of our clock is believed: moves what was noted by it.
  void shift_clock(const ClockShift& shift);

  /// Probers whose numbers are known, lost ones among them.
  std::size_t known() const { return streams_.size(); }
  /// News that came again.
  std::uint64_t repeated() const { return repeated_; }
  /// Requests to send again.
  std::uint64_t asked() const { return asked_; }

 private:
  void advance(Stream& stream, std::uint64_t received);
  void see_hole(Stream& stream, NodeTime now);
  void ask(Stream& stream, NodeTime now);
  Loss skip_garbled(Stream& stream, NodeTime now);
  std::optional<Loss> begin_at(Stream& stream, std::uint64_t oldest, const Lease& lease,
                               Duration offset, NodeTime now);
  std::optional<Loss> skip_to(Stream& stream, std::uint64_t oldest, const Lease& lease,
                              Duration offset, NodeTime now);

  std::map<std::string, Stream, std::less<>> streams_;  // by instance
  std::set<std::string> dirty_;
  std::set<std::string> ack_due_;
  std::set<std::string> leaving_;
  std::uint64_t repeated_ = 0;
  std::uint64_t asked_ = 0;
};

}  // namespace stalewatch::aggregator
