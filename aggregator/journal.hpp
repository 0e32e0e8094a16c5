#pragma once

// The journal: an SQLite file that holds every event and the state of every target, written
// together. The aggregator's only memory across restarts, and what consumers replay from.

#include "aggregator/core.hpp"
#include "common/messages.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

/// Holds the right to write a journal; the operating system gives it up when the process ends,
/// however it ends.
class JournalLock {
 public:
  /// Throws std::runtime_error naming the holder when another process has it.
  explicit JournalLock(const std::string& journal_path);
  ~JournalLock();
  JournalLock(const JournalLock&) = delete;
  JournalLock& operator=(const JournalLock&) = delete;

 private:
  int fd_;
};

/// One connection to a journal. Not thread-safe: one per thread; the readers beside a writer never
/// block it.
class Journal {
 public:
  enum class Mode { write, read };

  /// Opens, and in write mode makes, the journal; directories included. Throws std::runtime_error
  /// for a file that is not a journal of ours, of a newer version, or not accessible, saying what
  /// to do.
  Journal(const std::string& path, Mode mode);
  ~Journal();

  /// Unique per journal: a wiped or restored one is told apart by it.
  const std::string& id() const { return id_; }

  Restored restore();

  /// One transaction, on disk when it returns. Throws std::runtime_error, with nothing written,
  /// when it cannot.
  void write(const std::vector<Changes>& changes);

  /// A page of events after a seq, at most `limit` (1 to 5000) and about 1 MiB.
  Replayed read(std::int64_t after, std::int64_t limit);

  /// Moves what the log holds into the file, as far as readers allow; for quiet moments.
  void checkpoint();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string id_;
};

}  // namespace stalewatch::aggregator
