#pragma once

// The order of events at a consumer: subscribe, replay what was missed, then follow; every event
// once, in order, without holes, across any restart of either side. The sockets around it:
// event_source.hpp.
//
// Why it is not simple. Live events come at once and may be lost (PUB/SUB); pages of the journal
// are asked for, hold everything, and come late. The two overlap in any way: an event comes live,
// in a page, in both, or in a page that was asked for twice. Each has its number, so the rest could
// be counting, if a number always meant the same event. It does not:
//
// - The aggregator may be started with another journal, or an older copy of its own. Number 100 is
//   another event then, or one that this consumer has taken already, and a live event does not say
//   of which journal it is. So nothing live is believed on a new connection before a page has said
//   which journal this is and that it reaches as far as we have got. That is what Standing keeps.
// - An older copy counts on from an earlier number: to take its events would mix two histories
//   under one name. The aggregator is told how far this consumer has got, and names another journal
//   (forks it) when it believes that; until then nothing is taken.
// - After a fork words of both journals are on the way, and the old one's may come last: the
//   journal that was left is not followed again on the same connection.
// - Retention deletes from the journal's beginning. What a page leaves out is gone for good: a loss
//   for who had been there, nothing for who begins.
//
// What was received of one journal stays in order before what comes of the next one, so that who
// takes it sees each change of journal, and each loss, exactly where it lies.

#include "common/messages/messages.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
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

/// How a consumer stands with the journal that it follows, on this connection.
enum class Standing {
  unknown,      ///< it follows none yet: the first page names it
  unconfirmed,  ///< it has a position; whether the aggregator has that journal is not known
  confirmed,    ///< the aggregator has it: live events are taken
  ahead,        ///< the aggregator has an older copy of it: nothing is taken
  doubted,      ///< a beat has named another one: a page will say which, and where
};
enum class Heard {
  page,        ///< of the same journal, as far as we are or farther
  older_page,  ///< of the same journal, but its head lies before what was asked for
  other_page,  ///< of another journal: that one is followed
  beat,        ///< of the same journal, as far as we are or farther
  older_beat,  ///< of the same journal, but its head lies before what was received
  other_beat,  ///< of another journal
  reconnect,
};

/// A page of another journal, or any beat, means nothing to who follows none.
constexpr Standing next(Standing standing, Heard heard) {
  using enum Standing;
  // clang-format off
  constexpr Standing table[][7] = {
      // page     older page  other page   beat         older beat   other beat  reconnect
      // unknown
      {confirmed, ahead,      unknown,     unknown,     unknown,     unknown,    unknown    },
      // unconfirmed
      {confirmed, ahead,      unconfirmed, unconfirmed, unconfirmed, doubted,    unconfirmed},
      // confirmed
      {confirmed, ahead,      unconfirmed, confirmed,   unconfirmed, doubted,    unconfirmed},
      // ahead
      {ahead,     ahead,      unconfirmed, ahead,       ahead,       doubted,    unconfirmed},
      // doubted
      {doubted,   doubted,    unconfirmed, unconfirmed, unconfirmed, doubted,    unconfirmed},
  };
  // clang-format on
  return table[static_cast<int>(standing)][static_cast<int>(heard)];
}

/// Puts live events, replayed pages and beats into one sequence. Pure: no sockets, no clock.
///
/// A page is what the journal holds: what lies between its events is gone from there (retention),
/// and is told as a gap, except to a consumer that begins, up to the first time that it has caught
/// up. Live events carry no journal id; therefore they count only after a page has named the
/// journal, and those that wait for that are forgotten on each reconnect.
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
  const Replay* open_replay() const { return std::get_if<Replay>(&request_); }
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
  bool ahead_of_journal() const { return standing_ == Standing::ahead; }

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

  /// Nothing is asked.
  struct Idle {};
  /// The last page brought nothing new: asking at once would only repeat it.
  struct AwaitsBeat {};

  void hear(Heard heard) { standing_ = next(standing_, heard); }
  bool is_consistent() const;
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
  Standing standing_ = Standing::unknown;
  std::variant<Idle, Replay, AwaitsBeat> request_;  ///< the replay under way is one of these
  bool beginning_ = false;  ///< never caught up since the start in it: holes are no losses
  std::string left_;  ///< the journal left since the last reconnect: late words of it mean nothing
  std::deque<Segment> segments_;                  ///< never empty
  std::size_t ready_ = 0;                         ///< events in segments_
  std::map<std::int64_t, Event> ahead_of_order_;  ///< live, with a hole before them
};

}  // namespace stalewatch
