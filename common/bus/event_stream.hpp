#pragma once

// The order of events at a consumer: subscribe, replay what was missed, then follow; every event
// once, in order, without holes, across any restart of either side. The sockets around it:
// event_source.hpp.

#include "common/messages/messages.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch {

/// Where a consumer is: every event of this journal up to seq has taken effect.
struct Cursor {
  std::string journal;
  std::int64_t seq = 0;

  bool operator==(const Cursor&) const = default;
};

/// Where a consumer without a cursor begins.
enum class StartAt { oldest, head };

/// Events that could not be had: the journal no longer held them when they were asked for, or they
/// could not be understood.
struct EventGap {
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool unreadable = false;

  bool operator==(const EventGap&) const = default;
};

/// What a consumer gets at a time: events of one journal, in order, and what has to be known before
/// them.
struct EventBatch {
  /// Where the consumer is once these have taken effect; an empty journal until the first answer of
  /// an aggregator. It may move without any event: past a gap, into another journal, to the head of
  /// a first start.
  Cursor cursor;
  /// The journal that was followed before, when these are the first of another one.
  std::optional<std::string> previous_journal;
  /// What is missing directly before these events.
  std::optional<EventGap> gap;
  std::vector<Event> events;
};

/// Puts live events, replayed pages and beats into one sequence. Pure: no sockets, no clock.
///
/// A page is what the journal holds: what lies between its events is gone from there (retention),
/// and is told as a gap, except to a consumer that begins, up to the first time that it has caught
/// up. Live events carry no journal id; therefore they count only after a page or beat has named
/// the journal, and are forgotten on each reconnect.
class EventSequence {
 public:
  EventSequence(std::optional<Cursor> cursor, StartAt start);

  void on_live(Event event);
  void on_replayed(Replayed page);
  void on_beat(const Beat& beat);
  /// The connection was lost or the aggregator restarted: what is on the way may be gone, the
  /// journal another one.
  void on_reconnect();

  /// The next replay to ask for, if one is needed, there is room for it and none is under way.
  std::optional<Replay> wanted_replay();
  /// The replay under way.
  const std::optional<Replay>& open_replay() const { return asked_; }
  /// A replay that was asked for got no answer in time: ask again.
  void replay_timed_out();

  /// Takes what is next in order: at most `max` events. Empty when nothing is there.
  EventBatch take(std::size_t max);
  /// Something for take(), be it events, a gap or another journal.
  bool has_something() const;

  /// Everything that the newest beat or page knew of has been taken.
  bool caught_up() const;
  /// The newest seq known to exist in the journal that is followed.
  std::int64_t head() const { return head_; }
  /// The journal's head lies before the cursor: an older copy was put back. Nothing is taken until
  /// the aggregator names another journal.
  bool ahead_of_journal() const { return ahead_; }

  /// Events of a page.
  static constexpr std::int64_t page_limit = 500;
  /// Events held at most, waiting to be taken or for those before them; what comes live beyond is
  /// replayed later.
  static constexpr std::size_t buffer_limit = 10'000;
  /// Of these, the ones that wait for those before them: only a page can free them, so there has to
  /// be room for it whenever what is ready has been taken.
  static constexpr std::size_t ahead_limit = buffer_limit / 2;

 private:
  /// Events that follow each other, and what lies before them.
  struct Segment {
    Cursor before;  ///< the position once everything earlier has been taken
    std::optional<std::string> previous_journal;
    std::optional<EventGap> gap;
    std::deque<Event> events;
    bool told = false;  ///< nothing but events is left to take
  };

  bool positioned() const { return !journal_.empty(); }
  std::size_t buffered() const { return ready_ + ahead_of_order_.size(); }
  void start_over(const std::string& journal, std::int64_t after);
  void begin_at(const Replayed& page);
  void skip(std::int64_t last);
  void pass_unreadable(std::int64_t seq);
  void accept(Event event);
  void append(Event event);
  void join_live();

  StartAt start_;
  std::string journal_;        ///< of what is received; empty until known
  std::int64_t received_ = 0;  ///< everything up to here is in segments_ or was taken
  std::int64_t head_ = 0;
  bool confirmed_ = false;  ///< this connection's aggregator has been seen to have journal_
  bool beginning_ =
      false;  ///< never caught up since the start in this journal: holes are no losses
  bool ahead_ = false;
  bool doubted_ = false;  ///< a beat has named another journal: a page will say which, and where
  bool wait_for_beat_ =
      false;          ///< the last page brought nothing new: asking at once would only repeat it
  std::string left_;  ///< the journal left since the last reconnect: late words of it mean nothing
  std::optional<Replay> asked_;
  std::deque<Segment> segments_;                  ///< never empty
  std::size_t ready_ = 0;                         ///< events in segments_
  std::map<std::int64_t, Event> ahead_of_order_;  ///< live, with a hole before them
};

}  // namespace stalewatch
