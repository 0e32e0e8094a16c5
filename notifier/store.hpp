#pragma once

// The notifier's one file: how far it has read, per sink what it owes and how far it has told, and
// which problems the sink's readers know to be open. SQLite through SOCI; each method is one
// transaction. Any thread may call.
//
// Written through the operating system's cache: after a power loss the tail may be gone, the
// cursors with it, and is read from the aggregator's journal and told once more.
//
// How long something waits is measured by the monotonic clock as long as the process lives: the
// times in the file move along when the wall clock is stepped. Across a restart the wall clock
// counts.

#include "common/bus/event_stream.hpp"
#include "notifier/intake.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stalewatch::notifier {

/// What one transaction of the main loop writes.
struct Intake {
  std::optional<Cursor> cursor;  ///< everything up to here is taken over; nothing: it did not move
  /// Each with the seq after which it begins.
  std::vector<std::pair<std::string, std::int64_t>> new_sinks;
  std::vector<Entry> entries;
  /// Open problems and beginnings of all sinks mean nothing any more; before the rest.
  bool new_journal = false;
  std::vector<std::pair<std::string, Event>> still_open;  ///< sink and opening: known there already
  Now now{};
};

/// What became of the messages that waited for a sink which is not configured any more.
struct Forgotten {
  std::int64_t dropped = 0;
  std::int64_t kept = 0;  ///< closings of what it has told: they wait until it is configured again
};

class Store {
 public:
  /// Opens or makes the file and its folder; ":memory:" for none. A file of an older version is
  /// brought up to date. Throws std::runtime_error naming the file, also when it is not the
  /// notifier's or of a newer version.
  explicit Store(const std::string& path);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::optional<Cursor> fetched();
  /// The sinks that have a cursor, and after which seq they began.
  std::map<std::string, std::int64_t> sinks();
  /// A sink that is not configured any more. Which problems its readers know to be open is kept:
  /// they are owed the end of them, should the sink come back.
  Forgotten forget(const std::string& sink, Now now);

  /// `written` is called after each row: tens of thousands take a while.
  void take_over(
      const Intake& intake, const std::function<void()>& written = [] {});

  /// The oldest of what the sink owes. Rows that cannot be read any more are set aside.
  std::vector<Item> pending(std::string_view sink, std::size_t limit, Now now);
  void delivered(std::string_view sink, const std::vector<std::int64_t>& ids);
  void set_aside(std::string_view sink, const std::vector<std::int64_t>& ids,
                 const std::string& why, Now now);
  /// The sink's last attempt failed, or succeeded: for those who look at the file.
  void failing(std::string_view sink, const std::string& why, Now now);
  void working(std::string_view sink);
  std::int64_t backlog(std::string_view sink);
  /// Seq of the newest event that the sink has told.
  std::int64_t last_told(std::string_view sink);

  /// Openings that the sink has told or owes, and whose closing it has not been given.
  std::vector<Event> open_problems(std::string_view sink);

 private:
  struct Database;
  std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

}  // namespace stalewatch::notifier
