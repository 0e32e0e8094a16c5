#pragma once

// What the parts of Journal share; for them alone.

#include "aggregator/journal/journal.hpp"
#include "common/base/first_times.hpp"
#include "common/process/sqlite_leftovers.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <string>

namespace stalewatch::aggregator {

struct Journal::Impl {
  std::string path;
  FirstTimes<std::int64_t> unreadable{1'000};  ///< events that cannot be understood
  soci::session sql;
  std::int64_t swept = 0;  // updates up to here are deleted, or are not yet to be
  bool writes = false;
  SqliteFiles marked;
  std::uint64_t inode = 0;           // of the file that is open
  std::uint64_t log_inode = 0;       // of its write-ahead log, which exists as long as it is open
  std::int64_t log_limited_for = 0;  // the max_size that the write-ahead log's limits follow
  std::int64_t log_bytes = 0;        // what the log may come to

  /// A number that a statement without parameters yields.
  std::int64_t number(const std::string& statement);
  /// The newest seq there ever was, deleted ones included.
  std::int64_t head();
  std::int64_t live_bytes();

  void open(bool for_writing);
  void remember_place();
  void look_for_damage();
  void fork(const Fork& fork);
  /// Up to which seq a journal that this one was forked from, once or more often, is the same.
  std::optional<std::int64_t> shared_with(const std::string& other);

  std::int64_t head_at(NodeTime t);
  /// The newest seq before the oldest event that was decided at an instant or later.
  std::int64_t head_before(NodeTime t);
  Replayed page(std::int64_t after, std::int64_t limit);

  void note_steps_back(const std::vector<Changes>& changes);
  std::vector<std::int64_t> beginnings();
  std::int64_t last_by(NodeTime t, std::int64_t first, std::int64_t end);

  void insert_events(const std::vector<Changes>& changes);
  void put_targets(const std::vector<Changes>& changes);
  std::vector<ConsumerRow> consumers();
  void put_consumers(const std::vector<Changes>& changes);
  void put_probers(const std::vector<Changes>& changes);
  void put_trouble(const std::vector<Changes>& changes);

  std::int64_t drop(const std::string& which);
  void limit_log(std::int64_t max_size);
  void note_acked(const Retention& retention);
  Tidied drop_oldest(const Retention& retention);
  bool sweep_updates(const Retention& retention);
  bool drop_aged(const Retention& retention);
};

/// Undone when it is not committed. It takes the right to write at once: SQLite refuses, without
/// waiting, to turn a reading transaction into a writing one.
class WriteTransaction {
 public:
  explicit WriteTransaction(soci::session& sql) : sql_(sql) { sql_ << "BEGIN IMMEDIATE"; }
  ~WriteTransaction() {
    if (!open_) return;
    try {
      sql_ << "ROLLBACK";
    } catch (const soci::soci_error&) {  // SQLite has rolled back already, as on a full disk
    }
  }
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  void commit() {
    sql_ << "COMMIT";
    open_ = false;
  }

 private:
  soci::session& sql_;
  bool open_ = true;
};

/// All that is read meanwhile is of one moment, whatever a writer commits.
class ReadTransaction {
 public:
  explicit ReadTransaction(soci::session& sql) : sql_(sql) { sql_ << "BEGIN"; }
  ~ReadTransaction() {
    try {
      sql_ << "ROLLBACK";
    } catch (const soci::soci_error&) {  // SQLite has ended it already
    }
  }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  soci::session& sql_;
};

/// SOCI's what() holds the statement and its values; only the database's own words are shown.
[[noreturn]] void fail(const std::string& path, const std::string& what, const soci::soci_error& e);

}  // namespace stalewatch::aggregator
