#include "common/bus/event_stream.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace stalewatch {

EventSequence::EventSequence(std::optional<Cursor> cursor, StartAt start) : start_(start) {
  Segment first;
  first.told = true;
  if (cursor && !cursor->journal.empty()) {
    journal_ = cursor->journal;
    standing_ = Standing::unconfirmed;
    received_ = head_ = cursor->seq;
    first.before = *std::move(cursor);
  } else {
    beginning_ = true;
  }
  segments_.push_back(std::move(first));
  assert(is_consistent());
}

/// What holds whatever the aggregator says.
bool EventSequence::is_consistent() const {
  const bool follows = standing_ != Standing::unknown;
  if (follows == journal_.empty() || (!follows && !beginning_) || segments_.empty()) return false;
  if (standing_ != Standing::confirmed) return true;
  const bool hole = ahead_of_order_.empty() || ahead_of_order_.begin()->first - 1 > received_;
  return received_ <= head_ && hole;
}

void EventSequence::on_live(Event event) {
  head_ = std::max(head_, event.seq);
  accept(std::move(event));
  assert(is_consistent());
}

void EventSequence::on_beat(const Beat& beat) {
  if (std::holds_alternative<AwaitsBeat>(request_)) request_ = Idle{};
  if (standing_ == Standing::unknown || beat.journal == left_) return;
  if (beat.journal != journal_) return hear(Heard::other_beat);
  // An aggregator that knows less than we have seen: only a page can say whether its journal is
  // older.
  hear(beat.head < received_ ? Heard::older_beat : Heard::beat);
  // Beats come in order with the live events: whatever number lies beyond was made up.
  ahead_of_order_.erase(ahead_of_order_.upper_bound(beat.head), ahead_of_order_.end());
  head_ = std::max(received_, beat.head);
  assert(is_consistent());
}

void EventSequence::on_reconnect() {
  hear(Heard::reconnect);
  request_ = Idle{};
  ahead_of_order_.clear();
  left_.clear();
  head_ = received_;
  assert(is_consistent());
}

void EventSequence::on_replayed(Replayed page) {
  const Replay* asked = open_replay();
  const bool answers = asked && (asked->after < 0 || asked->after == page.after);
  if (!answers || page.journal.empty() || page.journal == left_) return;
  request_ = Idle{};
  if (standing_ == Standing::unknown) begin_at(page);
  if (page.journal != journal_)
    return start_over(page.journal, std::min(received_, page.shared.value_or(0)));
  if (standing_ == Standing::doubted) return;  // from before that
  hear(page.head < page.after ? Heard::older_page : Heard::page);
  if (standing_ == Standing::ahead) {
    request_ = AwaitsBeat{};
    return;
  }
  const std::int64_t before = received_;
  head_ = std::max(head_, page.head);
  for (Event& event : page.events) {
    // No page holds what is beyond the head that it tells itself.
    if (event.seq <= received_ || event.seq > page.head) continue;
    skip(event.seq - 1);
    if (event.unreadable)
      pass_unreadable(event.seq);
    else
      append(std::move(event));
  }
  if (page.caught_up && received_ < page.head) {
    skip(page.head);
    if (beginning_) segments_.push_back({.before = {journal_, received_}});
  }
  if (received_ >= page.head) beginning_ = false;
  join_live();
  if (received_ == before && received_ < head_) request_ = AwaitsBeat{};
  assert(is_consistent());
}

std::optional<Replay> EventSequence::wanted_replay() {
  const bool may_ask = std::holds_alternative<Idle>(request_);
  if (!may_ask || buffered() + page_limit > buffer_limit) return std::nullopt;
  if (standing_ == Standing::confirmed && received_ >= head_) return std::nullopt;
  const bool from_head = standing_ == Standing::unknown && start_ == StartAt::head;
  Replay replay{.journal = journal_, .after = from_head ? -1 : received_, .limit = page_limit};
  request_ = replay;
  return replay;
}

void EventSequence::replay_timed_out() {
  if (open_replay()) request_ = Idle{};
}

EventBatch EventSequence::take(std::size_t max) {
  // A segment's events end before another journal or a gap begins: those are told with the events
  // that follow.
  while (segments_.size() > 1 && segments_.front().told && segments_.front().events.empty())
    segments_.pop_front();
  Segment& front = segments_.front();
  EventBatch batch;
  batch.previous_journal = std::exchange(front.previous_journal, std::nullopt);
  batch.gap = std::exchange(front.gap, std::nullopt);
  front.told = true;
  const auto end =
      front.events.begin() + static_cast<std::ptrdiff_t>(std::min(max, front.events.size()));
  batch.events.assign(std::make_move_iterator(front.events.begin()), std::make_move_iterator(end));
  front.events.erase(front.events.begin(), end);
  ready_ -= batch.events.size();
  if (!batch.events.empty()) front.before.seq = batch.events.back().seq;
  batch.cursor = front.before;
  return batch;
}

bool EventSequence::has_something() const {
  return ready_ > 0 ||
         std::any_of(segments_.begin(), segments_.end(), [](const Segment& s) { return !s.told; });
}

bool EventSequence::caught_up() const {
  return standing_ == Standing::confirmed && received_ >= head_ && !has_something();
}

/// Another journal: its events follow those of the old one that have arrived and are not yet taken.
/// Those up to `after` are the same in both.
void EventSequence::start_over(const std::string& journal, std::int64_t after) {
  segments_.push_back({.before = {journal, after}, .previous_journal = journal_});
  left_ = std::exchange(journal_, journal);
  received_ = head_ = after;
  hear(Heard::other_page);
  request_ = Idle{};
  beginning_ = after == 0;
  ahead_of_order_.clear();
  assert(is_consistent());
}

/// The first answer to a consumer without a cursor names the journal, and the head to begin at.
void EventSequence::begin_at(const Replayed& page) {
  journal_ = page.journal;
  received_ = start_ == StartAt::head ? page.after : 0;
  segments_.push_back({.before = {journal_, received_}});
}

/// What has not come up to `last` does not exist any more.
void EventSequence::skip(std::int64_t last) {
  if (last <= received_) return;
  if (!beginning_)
    segments_.push_back({.before = {journal_, last}, .gap = EventGap{received_ + 1, last}});
  received_ = last;
}

/// It is there, and will not be understood the next time either.
void EventSequence::pass_unreadable(std::int64_t seq) {
  Segment& last = segments_.back();
  const bool follows = last.events.empty() && !last.told && last.gap && last.gap->unreadable &&
                       last.gap->last + 1 == seq;
  if (follows) {
    last.gap->last = last.before.seq = seq;
  } else {
    segments_.push_back({.before = {journal_, seq}, .gap = EventGap{seq, seq, true}});
  }
  received_ = seq;
}

void EventSequence::accept(Event event) {
  if (event.seq <= received_ || buffered() >= buffer_limit) return;
  if (standing_ == Standing::confirmed && event.seq == received_ + 1) {
    append(std::move(event));
    join_live();
  } else if (ahead_of_order_.size() < ahead_limit) {
    ahead_of_order_.emplace(event.seq, std::move(event));
  }
}

void EventSequence::append(Event event) {
  received_ = event.seq;
  ++ready_;
  segments_.back().events.push_back(std::move(event));
}

/// Takes over the live events that now follow without a hole.
void EventSequence::join_live() {
  auto next = ahead_of_order_.begin();
  while (next != ahead_of_order_.end() && next->first - 1 <= received_) {
    if (next->first - 1 == received_) append(std::move(next->second));
    next = ahead_of_order_.erase(next);
  }
}

}  // namespace stalewatch
