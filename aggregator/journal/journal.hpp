#pragma once

// The journal: an SQLite file that holds every event and the state of every target, written
// together. The aggregator's only memory across restarts, and what consumers replay from.

#include "aggregator/rows.hpp"
#include "common/messages/messages.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::aggregator {

/// What a journal suffers from.
enum class JournalFault { disk_full, io_error, read_only, locked, damaged, other };

/// For people: what is wrong, and what to do.
std::string_view words_of(JournalFault fault);

struct JournalError : std::runtime_error {
  JournalError(JournalFault what_kind, const std::string& text)
      : std::runtime_error(text), fault(what_kind) {}
  JournalFault fault;
};

/// What is to be kept, and up to where it is needed.
struct Retention {
  std::int64_t acked_by_all = 0;  ///< every consumer with a place has acknowledged up to here
  Duration keep_updates{};        ///< `updated` and `went_back`, after they are acknowledged by all
  Duration keep_events{};         ///< everything else that is acknowledged by all, by its age
  std::int64_t max_size = 0;      ///< bytes; beyond, the oldest go, acknowledged or not
  NodeTime now{};
};

/// What a step of tidying came to.
struct Tidied {
  bool more = false;  ///< there is more to do
  /// Deleted events that some consumer with a place has not acknowledged.
  std::int64_t not_acked = 0;
};

/// One connection to a journal. Not thread-safe: one per thread; the readers beside a writer never
/// block it.
class Journal {
 public:
  enum class Mode { write, read };

  /// Opens, and in write mode makes, the journal; directories included. Throws JournalError or
  /// another std::runtime_error for a file that is not a journal of ours, of a newer version, or
  /// not accessible, saying what to do.
  Journal(const std::string& path, Mode mode);
  ~Journal();
  Journal(Journal&&) noexcept;

  /// Unique per journal: a wiped or restored one is told apart by it. As it was when opened.
  const std::string& id() const { return id_; }
  /// Gives the journal another id, as `write` with Changes::fork does; for the start.
  void fork(const Fork& fork);

  /// Whether the file still lies where it was opened.
  enum class Place { ours, gone, taken };
  Place place() const;
  /// Writes the file anew, at its path, from what the open one holds: nothing is lost. For
  /// Place::gone.
  void rebuild();
  /// For Place::taken: takes our log from beside the other file, which would be read with it. It is
  /// kept under another name: our file may have been moved away, and is not complete without it.
  void withdraw();
  /// Opens the path again.
  void reopen();

  Restored restore();

  /// One transaction, on disk when it returns. Throws JournalError, with nothing written, when it
  /// cannot.
  void write(const std::vector<Changes>& changes);

  /// One bounded step of deleting what need not be kept; quick, and a transaction of its own.
  /// Throws like `write`.
  Tidied tidy(const Retention& retention);
  /// The newest seq that was ever given; 0 before the first.
  std::int64_t head();
  /// The newest seq that was decided by an instant; the one before the oldest event when none was.
  std::int64_t head_at(NodeTime t);
  /// Bytes in use: pages that hold something, and the write-ahead log.
  std::int64_t size();

  /// A page of events after a seq, at most `limit` (1 to 5000) and as many as fit a message. All
  /// that a page says is of one moment, also while the journal is written, tidied or forked.
  Replayed read(std::int64_t after, std::int64_t limit);
  /// What was asked for; no events when it was asked of another journal, whose numbers mean nothing
  /// here.
  Replayed read(const Replay& request);

  /// Moves what the log holds into the file, as far as readers allow; for quiet moments.
  void checkpoint();

 private:
  struct Impl;

  std::unique_ptr<Impl> impl_;
  std::string id_;
};

}  // namespace stalewatch::aggregator
