#pragma once

// What the aggregator knows of one target. Plain data; the stored part has a for_each_field and
// goes to the journal in the transaction of the events that changed it.

#include "aggregator/node_time.hpp"
#include "common/base/result.hpp"
#include "common/messages/messages.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

/// A problem of one axis, from the event that opens its episode to the one that closes it.
struct Problem {
  std::int64_t episode = 0;  ///< seq of the opening event; 0: no problem
  NodeTime since{};
  bool announced = false;      ///< people were told (it was not inhibited)
  bool notified = false;       ///< chat was told: a closing message is owed there
  bool past = false;           ///< told late and not in chat: it may have ended before it was known
  NodeTime anchor{};           ///< first announcement; reminders fall on anchor + k x grid
  Duration grid{};             ///< the msg_interval that `reminders` counts in
  std::int64_t reminders = 0;  ///< k of the last reminder
  std::string reason;
  std::string detail;
  std::int64_t announced_by = 0;  ///< seq of the event that told people of it; 0: not known

  bool open() const { return episode != 0; }
  bool operator==(const Problem&) const = default;
};

/// What one prober has seen of the target.
struct View {
  std::string prober;
  Timestamp newest{};  ///< newest computed time it saw
  NodeTime seen{};     ///< when its last sample came; of this run only

  bool operator==(const View& other) const {
    return prober == other.prober && newest == other.newest;
  }
};

/// The stored part: survives a restart.
struct StoredState {
  Problem watch, server, data, clock;
  /// Closed while inhibited although people had been told of it: its closing is still owed to them.
  std::optional<Problem> server_owed, data_owed;
  bool answered = false;                 ///< an ok sample was seen: the server axis is not unknown
  std::optional<Timestamp> computed_at;  ///< the one that is judged
  std::optional<Timestamp> previous_computed_at;
  /// The other instant that the text of computed_at can mean, where clocks went back.
  std::optional<Timestamp> other_reading;
  NodeTime observed_at{};  ///< corrected probe time of the sample that first showed computed_at
  std::optional<Timestamp> went_back_from;  ///< the maximum for which went_back was told
  std::vector<View> views;
  /// Computed times that were told, kept while a prober that is lost may come back with news of the
  /// same: what it saw as well is not told twice. Empty: nobody is awaited.
  std::vector<Timestamp> recent;
  NodeTime recent_from{};  ///< when the prober was lost: from then on another one was watching
  std::optional<Timestamp> recent_gone;  ///< the newest that had to leave `recent`
  /// With `clock: server`: the target's clock minus the aggregator's, for the run after this one.
  std::optional<Duration> clock_offset;
  NodeTime clock_offset_at{};  ///< when it was measured

  bool operator==(const StoredState&) const = default;
};

/// Offsets of the target's clock against the aggregator's, of the last few answers.
struct ClockOffsets {
  static constexpr std::size_t kept = 5;
  std::array<Duration, kept> last{};
  std::uint8_t count = 0;
  std::uint8_t next = 0;
  bool from_before = false;  ///< the only one, measured before this run and not confirmed since
  NodeTime measured_at{};    ///< the newest
};

struct TargetState {
  StoredState stored;
  // Of this run only:
  /// When a sample came last; the start of the run, or of the target, before the first.
  NodeTime last_sample_at{};
  bool heard = false;    ///< a sample has come in this run, and no old ones since
  NodeTime judged_at{};  ///< corrected probe time of the newest sample that was judged
  bool refused = false;  ///< what has come since is not believed
  std::uint32_t older_in_row = 0;
  std::uint8_t clock_off_in_row = 0;
  std::uint8_t clock_ok_in_row = 0;
  ClockOffsets offsets;
  std::uint8_t dateless_in_row = 0;  ///< answers without a usable Date header
  NodeTime clock_awaited_from{};     ///< the start of the run, or of the target
  bool clock_given_up = false;       ///< it shows no clock of its own: ours counts
};

template <Message<Problem> M, typename F>
void for_each_field(M& m, F&& f) {
  f("episode", m.episode), f("since", m.since), f("announced", m.announced),
      f("notified", m.notified);
  f("past", m.past), f("anchor", m.anchor), f("grid", m.grid), f("reminders", m.reminders),
      f("reason", m.reason);
  f("detail", m.detail);
  f("announced_by", m.announced_by);
}

template <Message<View> M, typename F>
void for_each_field(M& m, F&& f) {
  f("prober", m.prober), f("newest", m.newest);
}

template <Message<StoredState> M, typename F>
void for_each_field(M& m, F&& f) {
  f("watch", m.watch), f("server", m.server), f("data", m.data), f("clock", m.clock);
  f("server_owed", m.server_owed), f("data_owed", m.data_owed), f("answered", m.answered);
  f("computed_at", m.computed_at), f("previous_computed_at", m.previous_computed_at);
  f("observed_at", m.observed_at), f("went_back_from", m.went_back_from), f("views", m.views);
  f("recent", m.recent), f("recent_from", m.recent_from), f("recent_gone", m.recent_gone);
  f("clock_offset", m.clock_offset), f("clock_offset_at", m.clock_offset_at);
  f("other_reading", m.other_reading);
}

// What moves with our clock, see clock_shift.hpp.

template <typename F>
void for_each_instant(Problem& m, F&& f) {
  f(m.since), f(m.anchor);
}

template <typename F>
void for_each_instant(View& m, F&& f) {
  f(m.seen);
}

template <typename F>
void for_each_instant(StoredState& m, F&& f) {
  f(m.watch), f(m.server), f(m.data), f(m.clock), f(m.server_owed), f(m.data_owed);
  f(m.observed_at), f(m.views), f(m.recent_from), f(m.clock_offset), f(m.clock_offset_at);
}

template <typename F>
void for_each_instant(ClockOffsets& m, F&& f) {
  f(m.last), f(m.measured_at);
}

template <typename F>
void for_each_instant(TargetState& m, F&& f) {
  f(m.stored), f(m.last_sample_at), f(m.judged_at), f(m.offsets), f(m.clock_awaited_from);
}

/// For the journal.
std::string encode_state(const StoredState& state);
/// All of it or nothing: with a closing that is owed, or the time of what is stale, left out, what
/// people were told would never end.
Result<StoredState> decode_state(std::string_view bytes);

}  // namespace stalewatch::aggregator
