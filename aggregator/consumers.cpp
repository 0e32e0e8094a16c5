#include "aggregator/consumers.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch::aggregator {
namespace {

// One mark a second for an hour: the longest limit that makes sense to a person.
constexpr std::size_t most_marks = 3'600;

}  // namespace

Consumers::Consumers(std::vector<ConsumerRow> known, std::vector<HeadMark> marks)
    : marks_(marks.begin(), marks.end()) {
  for (auto& row : known) {
    if (row.registered)
      rows_.emplace(row.name, row);
    else
      gone_.insert(row.name);
  }
  if (!marks_.empty()) head_ = marks_.back().head;
}

Consumers::Consumers(SavedConsumers saved)
    : marks_(saved.marks.begin(), saved.marks.end()), head_(saved.head) {
  for (auto& [row, stuck] : saved.consumers) {
    if (stuck) stuck_[row.name] = *stuck;
    rows_[row.name] = row;
  }
}

SavedConsumers Consumers::save() const {
  SavedConsumers saved{.marks = {marks_.begin(), marks_.end()}, .head = head_};
  for (const auto& [name, row] : rows_) {
    auto& one = saved.consumers.emplace_back(SavedConsumer{row, std::nullopt});
    if (const auto found = stuck_.find(name); found != stuck_.end()) one.stuck = found->second;
  }
  return saved;
}

std::vector<ConsumerRow> Consumers::configure(const std::vector<std::string>& names) {
  std::map<std::string, ConsumerRow> before = std::exchange(rows_, {});
  for (const auto& name : names) {
    if (auto known = before.extract(name)) {
      rows_.insert(std::move(known));
    } else {
      rows_[name] = {.name = name, .seq = head_};
      changed_.insert(name);  // on disk at once: after a start it goes on from there
    }
  }
  std::vector<ConsumerRow> left;
  for (auto& [name, row] : before) {
    gone_.insert(name);
    changed_.erase(name);
    stuck_.erase(name);
    left.push_back(std::move(row));
  }
  return left;
}

bool Consumers::counts(const std::string& name, std::int64_t seq, std::int64_t head) const {
  return rows_.contains(name) && seq >= 0 && seq <= head;
}

void Consumers::ack(const std::string& name, std::int64_t seq, NodeTime now) {
  const auto found = rows_.find(name);
  if (found == rows_.end()) return;  // it has left the configuration since
  auto& row = found->second;
  // A smaller number than before counts, too: the consumer's own store was restored from a copy.
  if (row.seq != seq) changed_.insert(name);
  row.seq = seq;
  row.acked_at = now;
  stuck_.erase(name);
}

bool Consumers::stuck(const std::string& name, const std::string& why) {
  if (!rows_.contains(name)) return false;
  stuck_[name] = why;
  return true;
}

void Consumers::note_head(std::int64_t head, NodeTime now) {
  head_ = std::max(head_, head);
  if (!marks_.empty() && marks_.back().head == head_) return;
  marks_.push_back({now, head_});
  if (marks_.size() > most_marks) marks_.pop_front();
}

std::vector<ConsumerNews> Consumers::check(Duration limit, NodeTime now) const {
  std::vector<ConsumerNews> news;
  const auto due = head_at(now - limit);
  const auto caught_up = head_at(now - std::min(limit, settled));
  for (const auto& [name, row] : rows_) {
    const bool was_behind = row.behind != 0;
    const auto found = stuck_.find(name);
    const std::string stuck = found == stuck_.end() ? "" : found->second;
    const bool is_behind = !stuck.empty() || (was_behind ? row.seq < caught_up : row.seq < due);
    if (is_behind == was_behind) continue;
    const auto begun = oldest_missing(row.seq, stuck.empty() ? now - limit : now);
    news.push_back({.name = name,
                    .behind = is_behind,
                    .since = is_behind ? begun : row.behind_since,
                    .waiting = head_ - row.seq,
                    .stuck = stuck});
  }
  return news;
}

void Consumers::told(const std::string& name, std::int64_t episode, NodeTime since) {
  auto& row = rows_.at(name);
  row.behind = episode;
  row.behind_since = since;
  changed_.insert(name);
}

void Consumers::shift_clock(const ClockShift& shift) {
  shift(marks_);
  for (auto& [name, row] : rows_) {
    shift(row);
    changed_.insert(name);
  }
}

std::int64_t Consumers::acked_by_all() const {
  std::int64_t seq = head_;
  for (const auto& [name, row] : rows_) seq = std::min(seq, row.seq);
  return seq;
}

const ConsumerRow* Consumers::find(const std::string& name) const {
  const auto found = rows_.find(name);
  return found == rows_.end() ? nullptr : &found->second;
}

std::vector<ConsumerRow> Consumers::take_changed() {
  std::vector<ConsumerRow> changed;
  for (const auto& name : std::exchange(changed_, {})) changed.push_back(rows_.at(name));
  return changed;
}

std::vector<std::string> Consumers::take_gone() {
  const auto gone = std::exchange(gone_, {});
  return {gone.begin(), gone.end()};
}

/// The newest number that was there at an instant; 0 for those before all that is known.
std::int64_t Consumers::head_at(NodeTime t) const {
  const auto later =
      std::upper_bound(marks_.begin(), marks_.end(), t,
                       [](NodeTime instant, const HeadMark& mark) { return instant < mark.at; });
  return later == marks_.begin() ? 0 : std::prev(later)->head;
}

/// When the first event after `acked` was there, as well as the marks know; `latest` when they do
/// not.
NodeTime Consumers::oldest_missing(std::int64_t acked, NodeTime latest) const {
  const auto mark =
      std::find_if(marks_.begin(), marks_.end(), [&](const HeadMark& m) { return m.head > acked; });
  return mark == marks_.end() ? latest : std::min(mark->at, latest);
}

}  // namespace stalewatch::aggregator
