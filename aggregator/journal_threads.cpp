#include "aggregator/journal_threads.hpp"

#include "common/log.hpp"

namespace stalewatch::aggregator {
namespace {

// One transaction holds at most this many turns, so that the first of them is not kept waiting for
// the last.
constexpr std::size_t group_limit = 2'000;
constexpr auto retry_after = std::chrono::seconds(1);
// Quiet for this long, the write-ahead log is folded into the file.
constexpr auto quiet = std::chrono::seconds(1);

}  // namespace

JournalWriter::JournalWriter(Journal& journal)
    : journal_(journal), thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

JournalWriter::~JournalWriter() {
  thread_.request_stop();
  work_.notify_all();
}

void JournalWriter::submit(Changes changes) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(changes));
  }
  work_.notify_one();
}

void JournalWriter::tend(const Retention& retention) {
  {
    const std::lock_guard lock(mutex_);
    retention_ = retention;
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
  return queue_.size() + in_flight_;
}

std::string JournalWriter::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
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
      spdlog::warn("{}", e.what());
    }
    lock.lock();
  }
  std::vector<Changes> group;
  while (!queue_.empty() && group.size() < group_limit) {
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  in_flight_ = group.size();
  return group;
}

bool JournalWriter::try_write(const std::vector<Changes>& group) {
  std::string problem;
  try {
    journal_.write(group);
  } catch (const std::exception& e) {
    problem = e.what();
  }
  const std::lock_guard lock(mutex_);
  if (problem != trouble_) {
    if (problem.empty())
      spdlog::info("the journal can be written again");
    else
      spdlog::error("{}; trying again each second", problem);
  }
  trouble_ = problem;
  return problem.empty();
}

/// One step of deleting. What is left is done after the next group, or at once when there is none.
void JournalWriter::tidy_step(std::unique_lock<std::mutex>& lock) {
  const auto retention = retention_;
  tidy_wanted_ = false;
  lock.unlock();
  Tidied tidied;
  std::int64_t size = 0;
  try {
    tidied = journal_.tidy(retention);
    size = journal_.size();
  } catch (const std::exception& e) {
    spdlog::warn("{}", e.what());
  }
  if (tidied.not_acked > 0 && !std::exchange(told_unread_, true))
    spdlog::error(
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
      checkpoint_wanted_ = true;
      for (auto& changes : group) committed_.push_back(std::move(changes));
      wake_.set();
    }
    if (tidy_wanted_ && !stop.stop_requested()) tidy_step(lock);
  }
}

JournalReader::JournalReader(const std::string& path)
    : journal_(path, Journal::Mode::read),
      thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

void JournalReader::submit(std::string peer, Replay request) {
  {
    const std::lock_guard lock(mutex_);
    if (requests_.size() >= max_requests) return;
    requests_.emplace_back(std::move(peer), std::move(request));
  }
  work_.notify_one();
}

std::vector<std::pair<std::string, Replayed>> JournalReader::take_pages() {
  wake_.clear();
  const std::lock_guard lock(mutex_);
  return std::exchange(pages_, {});
}

void JournalReader::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (work_.wait(lock, stop, [this] { return !requests_.empty(); })) {
    auto [peer, request] = std::move(requests_.front());
    requests_.pop_front();
    lock.unlock();
    try {
      // Another journal's numbers mean nothing here: the answer only says which journal this is.
      const bool ours = request.journal.empty() || request.journal == journal_.id();
      auto page = journal_.read(request.after, request.limit);
      if (!ours) page.events.clear(), page.caught_up = false;
      lock.lock();
      pages_.emplace_back(std::move(peer), std::move(page));
      wake_.set();
    } catch (const std::exception& e) {
      spdlog::error("{}", e.what());
      lock.lock();
    }
  }
}

}  // namespace stalewatch::aggregator
