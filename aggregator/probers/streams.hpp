#pragma once

// What is known of each prober's numbered news: which were taken, which are safe on disk, which are
// missing. Go-back-N, seen from the receiver. Pure.

#include "aggregator/rows.hpp"
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
  Timestamp from{}, to{};
  std::optional<std::int64_t> count;
  bool garbled = false;  ///< they came, and could not be understood
  bool again = false;    ///< the same has befallen that prober's news a moment ago

  bool operator==(const Loss&) const = default;
};

/// The news of one start of one prober.
struct Stream {
  std::string name, instance;
  std::uint64_t received = 0;   ///< all up to here were taken, in order
  std::uint64_t committed = 0;  ///< and up to here they are safe on disk
  std::uint64_t told_last = 0;  ///< the newest that a lease has told of
  Timestamp heard_at{};         ///< all that it saw until then was taken
  Timestamp saved_at{};         ///< heard_at as the journal has it
  bool fresh = false;           ///< its first numbers are not known yet
  bool lost = false;            ///< without goodbye: it may come back
  bool synced = false;          ///< since it (re)joined, a lease has told its clock and its numbers
  bool hole = false;            ///< news are missing; until they come nothing of it is taken
  bool wants_resend = false;
  bool garbled = false;  ///< something of it came since the last request that cannot be understood
  int failures = 0;      ///< requests in a row that were answered by such
  std::optional<std::uint64_t> batch_after;  ///< news before the batch that is being taken
  std::optional<Timestamp> leaves_at;        ///< said goodbye; its last news are awaited until then
  std::uint64_t leaves_with = 0;             ///< number of its last news
  std::optional<Timestamp> stuck_since;      ///< news are outstanding, and none has come since
  Timestamp next_ask{};                      ///< not asked to send again before this
  Duration ask_pause{};
  Timestamp next_tell{};                ///< no further loss is told before this
  Timestamp garbled_until{};            ///< that news are not understood is nothing new until then
  std::set<std::uint32_t> catching_up;  ///< targets of which only old samples have come
  bool goes_on =
      false;  ///< it was known before this run (or a stop) and has not been complete since
  std::vector<bool> given;  ///< by id: targets that it was ever given in this run
  /// Known before this run, or had news before: until then it may tell of targets that it was
  /// given before.
  Timestamp tells_of_any_until{};
  bool told_refused = false;
};

template <typename F>
void for_each_instant(Stream& m, F&& f) {
  f(m.heard_at), f(m.saved_at), f(m.leaves_at), f(m.stuck_since), f(m.next_ask), f(m.next_tell);
  f(m.garbled_until), f(m.tells_of_any_until);
}

class Streams {
 public:
  void restore(const ProberRow& row);
  /// A hello: the stream is there, and the next good lease makes it synced.
  void join(const std::string& name, const std::string& instance, Timestamp now);
  Stream* find(std::string_view instance);
  const Stream* find(std::string_view instance) const;

  /// Before the samples of a batch that was sent after the news number `after`, if it says so.
  void begin_batch(Stream& stream, std::optional<std::uint64_t> after, Timestamp now);
  /// How a sample is to be taken: it is, it was before, or it comes too early because news before
  /// it are missing.
  enum class Admission { take, known, hole };
  Admission admit(Stream& stream, std::uint64_t news_seq, Timestamp now);
  /// Something of it could not be understood, and may have been the news that are awaited.
  void garbled(Stream& stream) { stream.garbled = true; }
  /// It is to probe these from now on.
  void give(const std::string& instance, const std::vector<std::uint32_t>& targets);
  /// Whether it can have anything to tell of a target.
  static bool may_tell_of(const Stream& stream, std::uint32_t target, Timestamp now) {
    return (target < stream.given.size() && stream.given[target]) ||
           now < stream.tells_of_any_until;
  }
  /// All that it had to tell of what it was given before this run is taken.
  void settled(Stream& stream, Timestamp now);
  /// News that were taken were seen at `at` by the aggregator's clock.
  void took(Stream& stream, Timestamp at);

  /// What a lease tells of the news: which are missing, and which will never come; such a loss is
  /// to be told. `offset`: the aggregator's clock minus the prober's.
  std::optional<Loss> lease(Stream& stream, const Lease& lease, Duration offset, Timestamp now);

  /// By this lease everything that the prober has seen until now was taken.
  /// Leases sent before `since`, when this run began or went on, tell only of then.
  bool complete(const Stream& stream, const Lease& lease, Duration offset, Timestamp since,
                Timestamp now) const;
  /// The process itself stood still: until streams are complete, old samples may come.
  void resume();

  /// The prober is lost without goodbye; what it saw last will perhaps not come.
  Loss lose(Stream& stream, Timestamp now);
  /// The prober has ended: its last news are awaited for a moment.
  void leave(const std::string& instance, std::uint64_t last_news_seq, Timestamp now);
  struct Left {
    std::string name, instance;
    std::optional<Loss> loss;
  };
  /// Those that left and are complete or were awaited long enough; they are forgotten.
  std::vector<Left> take_left(Timestamp now);
  std::optional<Timestamp> next_leave() const;
  /// Forgets lost ones that have been away too long, or are too many; their instances.
  std::vector<std::string> forget(Timestamp now);

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
  void ask(Stream& stream, Timestamp now);
  Loss skip_garbled(Stream& stream, Timestamp now);
  std::optional<Loss> skip_to(Stream& stream, std::uint64_t oldest, const Lease& lease,
                              Duration offset, Timestamp now);

  std::map<std::string, Stream, std::less<>> streams_;  // by instance
  std::set<std::string> dirty_;
  std::set<std::string> ack_due_;
  std::set<std::string> leaving_;
  std::uint64_t repeated_ = 0;
  std::uint64_t asked_ = 0;
};

}  // namespace stalewatch::aggregator
