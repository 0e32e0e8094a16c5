#pragma once

// The journal's two threads, so that the one that receives never waits for a disk.
//
// Why it is not simple. Nobody may hear of an event that is not on disk with the state it belongs
// to: after a crash the next run would not know of it, and would give its number to another. But a
// commit waits for the disk, for milliseconds, for seconds, or until somebody makes room, and the
// thread that owns the sockets must not: deadlines, leases and beats would come late. So what a
// turn came to is submitted, and comes back once it is on disk. Only then is it published, and are
// probers told that their news are safe. The core goes on meanwhile, from what it has in memory.
//
// - Order. Turns are written and handed back as they were submitted: numbers ascend on the wire as
//   they do in the file. A group that cannot be written is tried again each second; nothing
//   overtakes it, and nothing is dropped. How much may wait is the caller's affair.
// - Speed. All that waits is one transaction, up to a limit: the slower the disk, the larger the
//   groups.
// - The end. What cannot be written then is given up: nobody has heard of it, and the next run
//   decides it again from the state on disk.
// - One writer. SQLite has one at a time, so the same thread does between two groups whatever else
//   changes the file, in small steps, and looks after all that asks the file system: the reserve,
//   the file's place, the lock.
// - The reader has a connection of its own; it and the writer do not wait for each other. When the
//   writer has written the file anew, the reader still has the deleted one open. It is told so
//   before anything is published that only the new one holds: who hears of it may ask for it.
//
// The mutexes guard what is handed over, and are not held while the file is touched.

#include "aggregator/journal/journal.hpp"
#include "aggregator/journal/lock.hpp"
#include "aggregator/journal/reserve.hpp"
#include "aggregator/wake.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace stalewatch::aggregator {

/// What is wrong with the journal.
struct JournalState {
  std::string trouble;   ///< for people; empty: nothing
  bool blocked = false;  ///< it cannot be written
};

/// Writes what is submitted, all that waits in one transaction (group commit), and hands back what
/// is on disk. On a full disk it lives on the reserve, as long as that lasts. A journal that cannot
/// be written is tried again each second, and told; nothing is dropped meanwhile.
class JournalWriter {
 public:
  explicit JournalWriter(Journal& journal, DiskReserve reserve = {{}, 0},
                         JournalLock* lock = nullptr);
  /// Writes what is still queued, trying once, then ends.
  ~JournalWriter();

  void submit(Changes changes);
  /// What to keep from now on, deleted in small steps between the groups; and how far the journal
  /// has come, which the lock's file notes.
  void tend(const Retention& retention, JournalLock::Note published);
  /// Readable when take_committed has something.
  int fd() const { return wake_.fd(); }
  std::vector<Changes> take_committed();
  /// Events and states that are not on disk yet.
  std::size_t queued() const;
  JournalState state() const;
  /// What has befallen the journal and is already set right, once; empty: nothing.
  std::string take_incident();
  /// The file was written anew since the last call: readers have to open it again. Call it after
  /// take_committed, and before what that gave is published.
  bool take_rebuilt();
  /// Bytes in use, as of the last time that there was something to look after.
  std::int64_t size() const;
  /// Events deleted although a consumer with a place had not acknowledged them.
  std::uint64_t dropped_unread() const;

 private:
  void run(std::stop_token stop);
  std::vector<Changes> wait_for_work(std::unique_lock<std::mutex>& lock, std::stop_token& stop);
  bool try_write(const std::vector<Changes>& group);
  std::optional<JournalError> attempt(const std::vector<Changes>& group);
  void look_after_reserve();
  void look_after_place();
  void look_after_lock(const JournalLock::Note& published);
  void tidy_step(std::unique_lock<std::mutex>& lock);

  Journal& journal_;
  DiskReserve reserve_;
  JournalLock* lock_;  // nothing in tests
  Wake wake_;
  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::deque<Changes> queue_;
  std::size_t waiting_ = 0;  // events and states in queue_
  std::size_t in_flight_ = 0;
  std::vector<Changes> committed_;
  std::string blocked_;       // why the last attempt failed
  std::string reserve_gone_;  // why the reserve is not there
  std::string misplaced_;     // why what is written would not be found again
  std::string unlocked_;      // why another aggregator might write, too
  std::string incident_;
  bool rebuilt_ = false;
  std::string tidy_trouble_;  // of the writer's thread alone
  bool wrote_ = false;        // since the last step of tidying
  bool checkpoint_wanted_ = false;
  Retention retention_;
  JournalLock::Note published_;
  bool tidy_wanted_ = false;
  bool told_unread_ = false;
  std::int64_t size_ = 0;
  std::uint64_t dropped_unread_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

/// Answers replay requests from a connection of its own.
class JournalReader {
 public:
  explicit JournalReader(const std::string& path);

  /// The file was written anew: it is opened again before the next answer.
  void reopen();
  /// Of one peer only the newest request counts; beyond the limit of peers they are dropped: who
  /// asked asks again.
  void submit(std::string peer, Replay request);
  int fd() const { return wake_.fd(); }
  std::vector<std::pair<std::string, Replayed>> take_pages();

 private:
  void run(std::stop_token stop);

  static constexpr std::size_t max_requests = 1'000;
  // Pages waiting to be sent, of at most 256 KiB each.
  static constexpr std::size_t max_pages = 64;

  Journal journal_;
  Wake wake_;
  std::mutex mutex_;
  std::condition_variable_any work_;
  std::deque<std::pair<std::string, Replay>> requests_;
  bool reopen_ = false;
  std::vector<std::pair<std::string, Replayed>> pages_;
  std::jthread thread_;
};

}  // namespace stalewatch::aggregator
