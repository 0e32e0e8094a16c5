#include "recorder/writer.hpp"

#include "recorder/rows.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace stalewatch::recorder {
namespace {

Rows rows_of(std::span<const Event> events) {
  return {
      .updates = static_cast<std::size_t>(std::count_if(events.begin(), events.end(), is_update)),
      .events = events.size()};
}

}  // namespace

Writer::Writer(std::unique_ptr<EventStore> store, Duration first_wait, Duration longest_wait)
    : backoff_{.first = first_wait, .longest = longest_wait}, store_(std::move(store)) {
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() {
  stop(Duration(0));
  thread_.join();
}

std::vector<Writer::Report> Writer::take_reports() {
  wake_.take();
  const std::lock_guard lock(mutex_);
  return std::exchange(reports_, {});
}

void Writer::submit(Work work) {
  const std::lock_guard lock(mutex_);
  assert(!submitted_);
  submitted_ = std::move(work);
  changed_.notify_all();
}

void Writer::replace(std::unique_ptr<EventStore> store) {
  const std::lock_guard lock(mutex_);
  replacement_ = std::move(store);
  submitted_.reset();
  reports_.clear();
  ++generation_;
  changed_.notify_all();
}

bool Writer::stop(Duration wait) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  return changed_.wait_for(lock, wait, [&] { return ended_; });
}

void Writer::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (is_open_ && !work_)
        changed_.wait(lock, [&] { return stopping_ || submitted_ || replacement_; });
      if (stopping_) break;
      if (replacement_) {
        store_ = std::move(replacement_);
        store_generation_ = generation_;
        is_open_ = told_position_ = false;
        work_.reset();
        part_size_ = {};
        failures_ = 0;
      }
      if (submitted_) {
        work_ = std::exchange(submitted_, std::nullopt);
        perhaps_stored_.clear();
      }
    }
    if (!is_open_)
      open();
    else if (work_)
      write();
  }
  store_.reset();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void Writer::open() {
  auto opened = store_->open();
  if (auto* error = std::get_if<StoreError>(&opened)) return failed(std::move(*error));
  is_open_ = true;
  const auto before = std::exchange(position_, std::get<std::optional<Cursor>>(opened));
  const bool moves =
      !work_ || work_->cursor;  // work that goes by no cursor goes on wherever that is
  if (told_position_ && (position_ == before || !moves)) return;
  if (std::exchange(told_position_, true) && drop_committed()) return;
  // Also another position than was left: the database was restored, emptied, or somebody else
  // records into it.
  work_.reset();
  failures_ = 0;
  report(Opened{position_});
}

/// When the connection was lost during a commit which has taken effect: what it stored is done.
/// False when the position is none that the work under way could have led to.
bool Writer::drop_committed() {
  if (!work_ || !position_ || position_->journal != work_->journal ||
      position_->seq > work_->cursor->seq)
    return false;
  auto& events = work_->events;
  const bool all = position_ == work_->cursor;
  const auto end =
      all ? events.end() : std::find_if(events.begin(), events.end(), [&](const Event& event) {
        return event.seq > position_->seq;
      });
  if (!all && end == events.begin()) return false;
  Written written{.done = all,
                  .cursor = position_,
                  .rows = rows_of(std::span(events.begin(), end)),
                  .set_aside = {}};
  events.erase(events.begin(), end);
  if (all) {
    work_.reset();
    failures_ = 0;
  }
  report(std::move(written));
  return true;
}

/// All of the work, or the next part of it.
void Writer::write() {
  if (!work_->cursor) return write_lines();
  const auto& events = work_->events;
  const std::size_t part = part_size_.of(events.size());
  auto cursor = work_->cursor;
  if (part < events.size()) cursor->seq = events[part - 1].seq;
  auto result = store_->write(work_->journal, std::span(events.data(), part), cursor);
  if (auto* error = std::get_if<StoreError>(&result)) return not_stored(std::move(*error), part);
  position_ = cursor;
  stored(std::get<Rows>(result), cursor, part);
}

/// What goes by no cursor shows by the last of it whether the database is the one that it was
/// stored in.
void Writer::write_lines() {
  if (is_lacking_)
    if (auto error = find_lost()) {
      is_open_ = false;
      return failed(std::move(*error));
    }
  const std::size_t part = part_size_.of(work_->events.size());
  const std::span lines(work_->events.data(), part);
  auto result = store_->write_lines(work_->journal, lines, kept_.watched());
  if (auto* error = std::get_if<StoreError>(&result)) return not_stored(std::move(*error), part);
  const auto& now = std::get<LinesStored>(result);
  is_lacking_ = !now.watched_are_there;
  kept_.add(lines);
  stored(made_of(lines, now), std::nullopt, part);
}

/// Compares all that was stored with what is there, and tells what is not.
std::optional<StoreError> Writer::find_lost() {
  Lost lost{.missing = {}, .not_looked_for = kept_.forgotten()};
  std::optional<StoreError> error;
  const auto last = kept_.empty() ? 0 : kept_.last();
  for (auto after = kept_.empty() ? 0 : kept_.first() - 1; after < last;) {
    auto held = store_->held(work_->journal, after, last);
    if (auto* failure = std::get_if<StoreError>(&held)) {
      error = std::move(*failure);
      break;
    }
    const auto& page = std::get<std::vector<std::int64_t>>(held);
    const auto end = page.size() < EventStore::held_page ? last : page.back();
    lost.missing.add(kept_.take_missing(after, end, page));
    after = end;
  }
  is_lacking_ = error.has_value();
  if (!error) kept_.watch_anew(lost.missing.lines > 0);
  if (lost.missing.lines > 0) report(lost);
  return error;
}

/// What these lines have stored, by this transaction or by one before whose answer was lost.
Rows Writer::made_of(std::span<const Event> lines, const LinesStored& stored) {
  Rows rows = stored.rows;
  for (const Event& line : lines) {
    if (perhaps_stored_.erase(line.seq) == 0 || !stored.there_before.contains(line.seq)) continue;
    ++rows.events;
    rows.updates += is_update(line) ? 1 : 0;
  }
  return rows;
}

void Writer::stored(Rows rows, const std::optional<Cursor>& cursor, std::size_t part) {
  auto& events = work_->events;
  part_size_.stored();
  failures_ = 0;
  Written written{.done = part == events.size() && !is_lacking_,
                  .cursor = cursor,
                  .rows = rows,
                  .already_there = part - rows.events,
                  .set_aside = {}};
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(part));
  if (written.done) work_.reset();
  report(std::move(written));
}

/// The store has closed. It is opened again before the rest is written: it may stand elsewhere
/// then.
void Writer::not_stored(StoreError error, std::size_t part) {
  is_open_ = false;
  perhaps_stored_.merge(error.perhaps_stored);
  auto& events = work_->events;
  if (events.empty()) return failed(std::move(error));
  if (error.trouble != Trouble::data) {
    if (part_size_.is_one())
      error.text +=
          ", and so it is with event seq=" + std::to_string(events.front().seq) + " alone";
    if (error.trouble != Trouble::configuration) part_size_.failed(part);
    return failed(std::move(error));
  }
  part_size_.refused(part);
  if (part > 1) return;
  Written written{.done = false, .cursor = {}, .rows = {}, .set_aside = {}};
  written.set_aside.push_back(std::move(events.front()));
  events.erase(events.begin());
  part_size_.stored();
  report(std::move(written));
}

void Writer::report(Report report) {
  {
    const std::lock_guard lock(mutex_);
    if (store_generation_ != generation_) return;
    reports_.push_back(std::move(report));
  }
  wake_.wake();
}

/// Tells, and waits before the next attempt.
void Writer::failed(StoreError error) {
  const Duration wait =
      jittered(backoff_.after(++failures_), 0.5, 1, std::uniform_real_distribution<>()(random_));
  report(Failed{std::move(error), wait});
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, wait, [&] { return stopping_ || replacement_; });
}

}  // namespace stalewatch::recorder
