#pragma once

// What comes in, gathered into batches; what the database answers, told to log and metrics. Between
// the loops of the process (app, stdin_app) and the writer's thread.

#include "common/process/health.hpp"
#include "recorder/writer.hpp"

#include <deque>
#include <memory>

namespace prometheus {
class Counter;
class Gauge;
}  // namespace prometheus

namespace stalewatch::recorder {

class Recording {
 public:
  /// Beyond as many events a batch is written at once; before, after batch_time.
  static constexpr std::size_t batch_events = 500;
  static constexpr Duration batch_time = std::chrono::milliseconds(200);

  Recording(std::unique_ptr<EventStore> store, Health& health);
  ~Recording();

  /// Takes events that follow the earlier ones; those that are not to be recorded only move the
  /// cursor.
  void add(EventBatch batch, SteadyTime now);
  /// The same for one event that goes by no cursor.
  void add_line(const std::string& journal, Event event, SteadyTime now);
  /// The next batch, even if it holds nothing, looks whether lines that were stored are still
  /// there.
  void look_for_lines(const std::string& journal, SteadyTime now) { open_work(journal, now); }
  /// As many events may be added now; 0: the database has to catch up first.
  std::size_t room() const;

  /// Reads reports, hands over the next batch. True when the store has been opened (anew): what was
  /// added and not stored is forgotten, and events after stored() are to be added again.
  bool turn(SteadyTime now);
  /// Whether turn() has something to do at a certain time, if nothing is reported before.
  std::optional<SteadyTime> next_turn() const;

  /// Hands over what there is without waiting for more.
  void flush() { flushing_ = true; }
  /// Everything that was added is stored.
  bool all_stored() const { return queue_.empty() && !under_way_; }
  /// Events not yet stored.
  std::size_t waiting() const { return waiting_; }

  bool is_open() const { return is_open_; }
  /// The last attempt failed, or it has not been reached yet.
  bool in_trouble() const { return !is_open_ || trouble_.has_value(); }
  /// What somebody has to change before anything is stored, once that has lasted; nothing: not so.
  std::optional<std::string> stuck_by(SteadyTime now) const;
  const std::optional<Cursor>& stored() const { return stored_; }
  /// Of all that was added so far.
  struct Counts {
    std::uint64_t stored = 0;
    std::uint64_t already_there = 0;
    std::uint64_t not_for_tables = 0;  ///< events without db_save
    std::uint64_t set_aside = 0;
    std::uint64_t lost = 0;  ///< lines that were stored and are not there any more
  };
  const Counts& counts() const { return counts_; }
  /// The newest seq known to exist, for the lag.
  void known_head(std::int64_t seq) { head_ = seq; }
  /// So many events were gone from the journal before they could be recorded.
  void missed(std::int64_t events);

  void replace(std::unique_ptr<EventStore> store);
  int fd() const { return writer_.fd(); }
  bool stop(Duration wait) { return writer_.stop(wait); }

 private:
  struct Metrics;

  Work& open_work(const std::string& journal, SteadyTime now);
  void put(Work& work, Event event);
  bool on(const Writer::Opened& opened);
  bool on(const Writer::Written& written);
  bool on(const Writer::Lost& lost);
  bool on(const Writer::Failed& failed);
  void tell_ready();

  Health& health_;
  std::unique_ptr<Metrics> metrics_;
  std::string description_;
  Writer writer_;
  std::deque<Work> queue_;
  std::size_t waiting_ = 0;
  std::optional<SteadyTime> oldest_added_;  ///< when the first of queue_ came
  std::size_t under_way_events_ = 0;
  bool under_way_ = false;
  bool is_open_ = false;
  bool flushing_ = false;
  std::optional<Cursor> stored_;
  std::int64_t head_ = 0;
  Counts counts_;

  SteadyTime now_{};
  std::optional<std::string> trouble_;
  std::uint64_t failures_ = 0;
  SteadyTime trouble_told_{};
  std::optional<SteadyTime> stuck_since_;  ///< the trouble is one for people
};

}  // namespace stalewatch::recorder
