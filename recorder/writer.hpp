#pragma once

// The thread that talks to the database, so that a slow or hanging one stops nothing else.

#include "common/base/backoff.hpp"
#include "common/base/time.hpp"
#include "common/base/wake.hpp"
#include "recorder/event_store.hpp"
#include "recorder/kept_lines.hpp"
#include "recorder/part_size.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace stalewatch::recorder {

/// Events of one journal, stored together; with the cursor that they move, if any.
struct Work {
  std::string journal;
  std::vector<Event> events;
  std::optional<Cursor> cursor;
};

/// Opens the store and keeps it open: reconnects with backoff, for ever. One work at a time; it is
/// done when the database says so, also if the connection was lost while it committed. What fails
/// again and again is tried in ever smaller parts. A row that the database refuses for what it
/// holds is set aside, so that those behind it get through.
class Writer {
 public:
  /// The store is open and this is where it stands: go on from there. First of all, after
  /// replace(), and when the database turned out to have another position than the one left there.
  /// The work under way is forgotten.
  struct Opened {
    std::optional<Cursor> cursor;
  };
  struct Written {
    bool done = true;  ///< false: a part of it, the rest is to come
    std::optional<Cursor> cursor;
    Rows rows;
    std::size_t already_there = 0;  ///< events that were stored before
    std::vector<Event> set_aside;   ///< refused for what they hold, not stored
  };
  /// Of works without a cursor: what was stored is not in the database any more. It goes on.
  struct Lost {
    KeptLines::Missing missing;
    std::uint64_t not_looked_for = 0;  ///< what was stored and is not remembered any more
  };
  /// It goes on trying.
  struct Failed {
    StoreError error;
    Duration next_try{};
  };
  using Report = std::variant<Opened, Written, Lost, Failed>;

  /// `first_wait` and `longest_wait`: between two attempts, doubled each time, less up to half at
  /// random.
  explicit Writer(std::unique_ptr<EventStore> store,
                  Duration first_wait = std::chrono::milliseconds(250),
                  Duration longest_wait = std::chrono::seconds(30));
  /// Waits for the thread, for as long as the database lets it.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Readable when there are reports.
  int fd() const { return wake_.fd(); }
  std::vector<Report> take_reports();

  /// Precondition: nothing is under way, that is, the last work was reported Written or forgotten
  /// by Opened.
  void submit(Work work);
  /// Goes over to another store; what is under way is forgotten.
  void replace(std::unique_ptr<EventStore> store);

  /// Ends the thread after the attempt it is in; false when it has not ended within `wait`.
  bool stop(Duration wait);

 private:
  void run();
  void open();
  bool drop_committed();
  void write();
  void write_lines();
  std::optional<StoreError> find_lost();
  Rows made_of(std::span<const Event> lines, const LinesStored& stored);
  void stored(Rows rows, const std::optional<Cursor>& cursor, std::size_t part);
  void not_stored(StoreError error, std::size_t part);
  void report(Report report);
  void failed(StoreError error);

  const Backoff backoff_;
  const Wake wake_;

  std::mutex mutex_;  ///< guards the following
  std::condition_variable changed_;
  bool stopping_ = false;
  bool ended_ = false;
  std::optional<Work> submitted_;
  std::unique_ptr<EventStore> replacement_;
  std::vector<Report> reports_;
  int generation_ = 0;  ///< of the store: what an earlier one still reports means nothing

  // the thread's own
  std::unique_ptr<EventStore> store_;
  int store_generation_ = 0;
  bool is_open_ = false;
  bool told_position_ = false;      ///< `position_` is what the other side goes by
  std::optional<Cursor> position_;  ///< as committed last, as far as known
  std::optional<Work> work_;
  /// Of work_, what goes by no cursor: what commits have stored whose answers were lost.
  std::set<std::int64_t> perhaps_stored_;
  KeptLines kept_;           ///< what is stored and went by no cursor, to be told once it is lost
  bool is_lacking_ = false;  ///< something of it is not there
  PartSize part_size_;
  unsigned failures_ = 0;
  std::mt19937 random_{std::random_device{}()};
  std::thread thread_;
};

}  // namespace stalewatch::recorder
