#include "aggregator/journal/threads.hpp"

#include "common/process/log.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

// One transaction holds at most this many turns, so that the first of them is not kept waiting for
// the last.
constexpr std::size_t group_limit = 2'000;
constexpr auto retry_after = std::chrono::seconds(1);
// Quiet for this long, the write-ahead log is folded into the file.
constexpr auto quiet = std::chrono::seconds(1);

/// What a turn weighs in memory: never nothing.
std::size_t weight(const Changes& changes) {
  return 1 + changes.events.size() + changes.targets.size();
}

}  // namespace

JournalWriter::JournalWriter(Journal& journal, DiskReserve reserve, JournalLock* lock)
    : journal_(journal),
      reserve_(std::move(reserve)),
      lock_(lock),
      thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

JournalWriter::~JournalWriter() {
  thread_.request_stop();
  work_.notify_all();
}

void JournalWriter::submit(Changes changes) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ += weight(changes);
    queue_.push_back(std::move(changes));
  }
  work_.notify_one();
}

void JournalWriter::tend(const Retention& retention, JournalLock::Note published) {
  {
    const std::lock_guard lock(mutex_);
    retention_ = retention;
    published_ = std::move(published);
    tidy_wanted_ = true;
  }
  work_.notify_one();
}

std::vector<Changes> JournalWriter::take_committed() {
  wake_.clear();
  const std::lock_guard lock(mutex_);
  return std::exchange(committed_, {});
}

std::size_t JournalWriter::queued() const {
  const std::lock_guard lock(mutex_);
  return waiting_ + in_flight_;
}

JournalState JournalWriter::state() const {
  const std::lock_guard lock(mutex_);
  for (const auto* trouble : {&blocked_, &misplaced_, &reserve_gone_, &unlocked_})
    if (!trouble->empty()) return {.trouble = *trouble, .blocked = trouble == &blocked_};
  return {};
}

std::string JournalWriter::take_incident() {
  const std::lock_guard lock(mutex_);
  return std::exchange(incident_, {});
}

bool JournalWriter::take_rebuilt() {
  const std::lock_guard lock(mutex_);
  return std::exchange(rebuilt_, false);
}

std::int64_t JournalWriter::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

std::uint64_t JournalWriter::dropped_unread() const {
  const std::lock_guard lock(mutex_);
  return dropped_unread_;
}

std::vector<Changes> JournalWriter::wait_for_work(std::unique_lock<std::mutex>& lock,
                                                  std::stop_token& stop) {
  const bool worked =
      work_.wait_for(lock, stop, quiet, [this] { return !queue_.empty() || tidy_wanted_; });
  if (!worked && checkpoint_wanted_ && !stop.stop_requested()) {
    checkpoint_wanted_ = false;
    lock.unlock();
    try {
      journal_.checkpoint();
    } catch (const std::exception& e) {
      log::warn("{}", e.what());
    }
    lock.lock();
  }
  std::vector<Changes> group;
  while (!queue_.empty() && group.size() < group_limit) {
    in_flight_ += weight(queue_.front());
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  waiting_ -= in_flight_;
  return group;
}

std::optional<JournalError> JournalWriter::attempt(const std::vector<Changes>& group) {
  try {
    journal_.write(group);
    return std::nullopt;
  } catch (const JournalError& e) {
    return e;
  } catch (const std::exception& e) {
    return JournalError(JournalFault::other, e.what());
  }
}

bool JournalWriter::try_write(const std::vector<Changes>& group) {
  auto failure = attempt(group);
  // Filesystems tell of a full disk in more than one way.
  const bool no_room = failure && (failure->fault == JournalFault::disk_full ||
                                   failure->fault == JournalFault::io_error);
  if (no_room && reserve_.release()) {
    log::error("{}; living on the reserve now", failure->what());
    const std::lock_guard lock(mutex_);
    reserve_gone_ = std::string(words_of(failure->fault)) + "; its reserve is in use";
    failure = attempt(group);
  }
  const std::lock_guard lock(mutex_);
  const auto problem = failure ? std::string(words_of(failure->fault)) : std::string();
  if (problem != blocked_) {
    if (!failure)
      log::info("the journal can be written again");
    else
      log::error("{}; going on in memory, trying again each second", failure->what());
  }
  blocked_ = problem;
  return !failure;
}

/// Makes the reserve, at the start and when there is room again.
void JournalWriter::look_after_reserve() {
  if (!reserve_.wanted() || reserve_.held()) return;
  const auto problem = reserve_.take();
  const std::lock_guard lock(mutex_);
  if (problem.empty()) {
    if (!reserve_gone_.empty()) log::info("there is room again for the journal's reserve");
    reserve_gone_.clear();
  } else if (reserve_gone_.empty()) {
    reserve_gone_ = "no reserve can be held for a full disk: " + problem;
    log::error("journal: {}", reserve_gone_);
  }
}

/// A file that was deleted under us is written anew; one that was put in its place is left alone.
void JournalWriter::look_after_place() {
  const auto place = journal_.place();
  std::string misplaced, incident;
  if (place == Journal::Place::taken) {
    journal_.withdraw();
    misplaced =
        "another file was put in its place while the aggregator runs; restart the aggregator to go "
        "on with that one, or remove it to keep what is known now";
  }
  if (place == Journal::Place::gone) {
    try {
      journal_.rebuild();
      incident =
          "its file was deleted while the aggregator runs; it has been written anew, nothing is "
          "lost";
    } catch (const std::exception& e) {
      misplaced = std::string("its file was deleted while the aggregator runs: ") + e.what();
    }
  }
  const std::lock_guard lock(mutex_);
  if (!misplaced.empty() && misplaced != misplaced_) log::error("journal: {}", misplaced);
  if (!incident.empty()) log::error("journal: {}", incident);
  misplaced_ = misplaced;
  if (incident.empty()) return;
  incident_ = incident;
  rebuilt_ = true;
}

/// The lock's file may have been deleted, and the journal taken by another aggregator.
void JournalWriter::look_after_lock(const JournalLock::Note& published) {
  if (!lock_) return;
  std::string unlocked;
  try {
    lock_->note(published);
  } catch (const std::exception& e) {
    unlocked = e.what();
  }
  const std::lock_guard lock(mutex_);
  unlocked_ = unlocked;
}

/// One step of deleting. What is left is done after the next group, or at once when there is none.
void JournalWriter::tidy_step(std::unique_lock<std::mutex>& lock) {
  const auto retention = retention_;
  const auto published = published_;
  tidy_wanted_ = false;
  lock.unlock();
  look_after_reserve();
  look_after_place();
  look_after_lock(published);
  Tidied tidied;
  std::int64_t size = 0;
  std::string problem;
  try {
    tidied = journal_.tidy(retention);
    size = journal_.size();
    if (!std::exchange(wrote_, false) && std::exchange(checkpoint_wanted_, false))
      journal_.checkpoint();
  } catch (const std::exception& e) {
    problem = e.what();
    if (problem != tidy_trouble_) log::warn("{}", problem);
  }
  tidy_trouble_ = problem;
  if (tidied.not_acked > 0 && !std::exchange(told_unread_, true))
    log::error(
        "the journal has reached journal.max_size: the oldest events are deleted although not "
        "every consumer has taken them");
  if (!tidied.more) told_unread_ = false;
  lock.lock();
  size_ = size;
  dropped_unread_ += static_cast<std::uint64_t>(tidied.not_acked);
  tidy_wanted_ = tidy_wanted_ || tidied.more;
}

void JournalWriter::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested() || !queue_.empty()) {
    auto group = wait_for_work(lock, stop);
    if (!group.empty()) {
      lock.unlock();
      bool written = try_write(group);
      while (!written && !stop.stop_requested()) {
        std::this_thread::sleep_for(retry_after);
        written = try_write(group);
      }
      lock.lock();
      in_flight_ = 0;
      if (!written)
        return;  // stopping, and it cannot be written: decided again from the state on disk
      checkpoint_wanted_ = wrote_ = true;
      for (auto& changes : group) committed_.push_back(std::move(changes));
      wake_.set();
    }
    if (tidy_wanted_ && !stop.stop_requested()) tidy_step(lock);
  }
}

JournalReader::JournalReader(const std::string& path)
    : journal_(path, Journal::Mode::read),
      thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

void JournalReader::reopen() {
  const std::lock_guard lock(mutex_);
  reopen_ = true;
}

void JournalReader::submit(std::string peer, Replay request) {
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::find_if(requests_.begin(), requests_.end(),
                                   [&](const auto& other) { return other.first == peer; });
    if (same != requests_.end())
      same->second = std::move(request);
    else if (requests_.size() < max_requests)
      requests_.emplace_back(std::move(peer), std::move(request));
  }
  work_.notify_one();
}

std::vector<std::pair<std::string, Replayed>> JournalReader::take_pages() {
  wake_.clear();
  const std::lock_guard lock(mutex_);
  work_.notify_one();
  return std::exchange(pages_, {});
}

void JournalReader::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (
      work_.wait(lock, stop, [this] { return !requests_.empty() && pages_.size() < max_pages; })) {
    auto [peer, request] = std::move(requests_.front());
    requests_.pop_front();
    const bool reopen = std::exchange(reopen_, false);
    lock.unlock();
    try {
      if (reopen) journal_.reopen();
      auto page = journal_.read(request);
      lock.lock();
      pages_.emplace_back(std::move(peer), std::move(page));
      wake_.set();
    } catch (const std::exception& e) {
      log::error("{}", e.what());
      lock.lock();
      reopen_ = reopen_ || reopen;
    }
  }
}

}  // namespace stalewatch::aggregator
