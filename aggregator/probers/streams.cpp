#include "aggregator/probers/streams.hpp"

#include "aggregator/target/judge.hpp"
#include "common/base/backoff.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace stalewatch::aggregator {
namespace {

using namespace std::chrono_literals;

// Missing news are asked for at once, then again after this, doubled each time until something
// comes.
constexpr Backoff ask_again{.first = 1s, .longest = 30s};
// News that a lease tells of and that have not come for so long are missing, not under way.
constexpr Duration under_way = 1s;
// Losses of one prober are told no more often than this, whatever it claims.
constexpr Duration tell_pause = 1s;
// News that could not be understood so often are given up, so that those behind them can be taken.
constexpr int most_failures = 3;
// What goes on being so is told in chat once.
constexpr Duration garbled_again = 10min;
// Samples beside the news may come a little later than the lease that tells of all of these.
constexpr Duration settling = 10s;
// The last news of a prober that said goodbye are awaited for so long.
constexpr Duration leave_wait = 3s;
// A journal notes that a quiet prober is there no more often than this.
constexpr Duration save_pause = 10s;
// Lost probers are known for so long, so that nothing is taken twice when they come back; and no
// more than so many.
constexpr Duration remembered = std::chrono::hours(24 * 7);
constexpr std::size_t most_remembered = 1'000;
// No prober gets that far; the journal's numbers are signed.
constexpr std::uint64_t max_seq = std::numeric_limits<std::int64_t>::max() - 1;

/// A time of a prober's clock by the aggregator's, but not in the future.
NodeTime at_most(Timestamp theirs, Duration offset, NodeTime now) {
  const auto bounded = std::clamp(theirs, to_wire(now) - farthest, to_wire(now) + farthest);
  return std::min(now, by_our_clock(bounded, -std::clamp(offset, -farthest, farthest)));
}

std::int64_t count_between(std::uint64_t received, std::uint64_t last) {
  return static_cast<std::int64_t>(std::min(last - received, max_seq));
}

/// Before `oldest` nothing of it will come: what is missing, and when it was seen.
Loss loss_before(const Stream& stream, std::uint64_t oldest, const Lease& lease, Duration offset,
                 NodeTime now) {
  Loss loss{
      .from = stream.heard_at, .to = now, .count = count_between(stream.received, oldest - 1)};
  if (lease.dropped.value_or(0) > 0 && lease.dropped_from && lease.dropped_to) {
    loss.from = at_most(*lease.dropped_from, offset, now);
    loss.to = std::max(loss.from, at_most(*lease.dropped_to, offset, now));
  }
  return loss;
}

}  // namespace

void Streams::restore(const ProberRow& row) {
  Stream stream;
  stream.name = row.name;
  stream.instance = row.instance;
  stream.received = stream.committed = stream.told_last = row.received;
  stream.heard_at = stream.saved_at = row.heard_at;
  stream.presence = row.lost ? Presence::lost : Presence::joined;
  stream.goes_on = true;
  stream.tells_of_any_until = NodeTime::max();
  streams_.insert_or_assign(row.instance, std::move(stream));
}

void Streams::restore(std::vector<SavedStream> saved) {
  for (auto& [stream, catching_up, given, tells_of_any_until] : saved) {
    stream.catching_up.insert(catching_up.begin(), catching_up.end());
    stream.tells_of_any_until = tells_of_any_until.value_or(NodeTime::max());
    if (stream.leaving) leaving_.insert(stream.instance);
    const auto instance = stream.instance;
    streams_.insert_or_assign(instance, std::move(stream));
    give(instance, given);
  }
}

std::vector<SavedStream> Streams::save() const {
  std::vector<SavedStream> saved;
  for (const auto& [instance, stream] : streams_) {
    SavedStream& one = saved.emplace_back();
    one.stream = stream;
    one.catching_up.assign(stream.catching_up.begin(), stream.catching_up.end());
    for (std::uint32_t id = 0; id < stream.given.size(); ++id)
      if (stream.given[id]) one.given.push_back(id);
    if (stream.tells_of_any_until != NodeTime::max())
      one.tells_of_any_until = stream.tells_of_any_until;
  }
  return saved;
}

void Streams::join(const std::string& name, const std::string& instance, NodeTime now) {
  auto [found, is_new] = streams_.try_emplace(instance);
  Stream& stream = found->second;
  if (is_new) {
    stream.instance = instance;
    stream.heard_at = now;
  }
  stream.name = name;
  stream.presence = next(stream.presence, PresenceInput::hello);
  stream.leaving.reset();
  leaving_.erase(instance);
  dirty_.insert(instance);
  assert(is_consistent(stream));
}

Stream* Streams::find(std::string_view instance) {
  return const_cast<Stream*>(std::as_const(*this).find(instance));
}

const Stream* Streams::find(std::string_view instance) const {
  const auto found = streams_.find(instance);
  return found == streams_.end() ? nullptr : &found->second;
}

/// All up to there was taken, or is given up.
void Streams::advance(Stream& stream, std::uint64_t received) {
  assert(received >= stream.received);
  stream.received = received;
  stream.flow = next(stream.flow, FlowInput::taken);
  stream.asking = {};
  dirty_.insert(stream.instance);
}

void Streams::see_hole(Stream& stream, NodeTime now) {
  stream.flow = next(stream.flow, FlowInput::hole_seen);
  ask(stream, now);
}

void Streams::ask(Stream& stream, NodeTime now) {
  Asking& asking = stream.asking;
  if (stream.presence != Presence::synced || now < asking.next) return;
  asking.next = now + ask_again.after(++asking.requests);
  if (std::exchange(asking.garbled, false)) ++asking.failures;
  stream.wants_resend = true;
  ack_due_.insert(stream.instance);
  ++asked_;
}

void Streams::give(const std::string& instance, const std::vector<std::uint32_t>& targets) {
  Stream* stream = find(instance);
  if (!stream) return;
  for (const auto id : targets) {
    if (id >= stream->given.size()) stream->given.resize(id + std::size_t{1});
    stream->given[id] = true;
  }
}

void Streams::settled(Stream& stream, NodeTime now) {
  stream.tells_of_any_until = std::min(stream.tells_of_any_until, now + settling);
}

void Streams::resume() {
  for (auto& [instance, stream] : streams_) stream.goes_on = true;
}

bool Streams::complete(const Stream& stream, const Lease& lease, Duration offset, NodeTime since,
                       NodeTime now) const {
  const NodeTime sent = at_most(lease.sent_at, offset, now);
  return stream.presence == Presence::synced && !has_hole(stream.flow) &&
         lease.last_news_seq <= stream.received && sent >= since && now - sent <= late_after;
}

void Streams::begin_batch(Stream& stream, std::optional<std::uint64_t> after, NodeTime now) {
  stream.batch_after = after;
  if (after.value_or(0) > stream.received) see_hole(stream, now);
}

Streams::Admission Streams::admit(Stream& stream, std::uint64_t news_seq, NodeTime now) {
  if (news_seq == 0) return has_hole(stream.flow) ? Admission::hole : Admission::take;
  const bool synced = stream.presence == Presence::synced;
  // Directly behind what was taken comes something else than the next number: asked for again, it
  // will be the same.
  const bool wrong = stream.batch_after == stream.received && news_seq != stream.received + 1;
  if (synced && wrong) garbled(stream);
  if (news_seq <= stream.received) {
    ++repeated_;
    return Admission::known;
  }
  if (synced && news_seq == stream.received + 1 && news_seq < max_seq) {
    advance(stream, news_seq);
    return Admission::take;
  }
  see_hole(stream, now);
  return Admission::hole;
}

void Streams::took(Stream& stream, NodeTime at) { stream.heard_at = std::max(stream.heard_at, at); }

std::optional<Loss> Streams::lease(Stream& stream, const Lease& lease, Duration offset,
                                   NodeTime now) {
  assert(is_there(stream.presence) && !stream.leaving);
  const std::uint64_t last = lease.last_news_seq;
  // A prober that cannot send again has no oldest.
  const std::uint64_t oldest = std::max<std::uint64_t>(1, lease.oldest_news_seq.value_or(last + 1));
  if (last >= max_seq || oldest > last + 1) return std::nullopt;
  stream.told_last = last;
  std::optional<Loss> loss;
  const bool newcomer = stream.presence == Presence::newcomer;
  if (stream.presence != Presence::synced) {
    // Before its clock is known, the times of its samples are not.
    if (!lease.clock_offset) return std::nullopt;
    stream.presence = next(stream.presence, PresenceInput::clock_told);
    if (has_hole(stream.flow)) ask(stream, now);
  }
  if (newcomer) {
    loss = begin_at(stream, oldest, lease, offset, now);
  } else if (oldest > stream.received + 1) {
    loss = skip_to(stream, oldest, lease, offset, now);
    if (last > stream.received) {
      // At once: a small ring has dropped these, too, by the time that the hole shows again.
      stream.asking.next = now;
      ask(stream, now);
    }
  }
  const int failures = stream.asking.failures + (stream.asking.garbled ? 1 : 0);
  if (last > stream.received && failures >= most_failures) loss = skip_garbled(stream, now);
  ack_due_.insert(stream.instance);
  if (last <= stream.received) {
    if (!has_hole(stream.flow)) took(stream, at_most(lease.sent_at, offset, now));
    stream.flow = next(stream.flow, FlowInput::all_came);
  } else {
    const Flow before = std::exchange(stream.flow, next(stream.flow, FlowInput::more_told));
    if (before != stream.flow)
      stream.outstanding_since = now;
    else if (has_hole(stream.flow) || now - stream.outstanding_since >= under_way)
      ask(stream, now);
  }
  if (stream.heard_at - stream.saved_at >= save_pause) dirty_.insert(stream.instance);
  assert(is_consistent(stream));
  return loss;
}

/// Numbers before the first ones that are heard of belong to another journal, but for those that no
/// journal got.
std::optional<Loss> Streams::begin_at(Stream& stream, std::uint64_t oldest, const Lease& lease,
                                      Duration offset, NodeTime now) {
  Loss loss = loss_before(stream, oldest, lease, offset, now);
  loss.count = count_between(0, lease.dropped.value_or(0));
  advance(stream, oldest - 1);
  stream.committed = stream.received;
  if (lease.last_news_seq > 0) stream.tells_of_any_until = NodeTime::max();
  if (loss.count == 0) return std::nullopt;
  stream.next_tell = now + tell_pause;
  return loss;
}

/// Goes on from the oldest that the prober still has.
std::optional<Loss> Streams::skip_to(Stream& stream, std::uint64_t oldest, const Lease& lease,
                                     Duration offset, NodeTime now) {
  if (now < stream.next_tell) return std::nullopt;
  const Loss loss = loss_before(stream, oldest, lease, offset, now);
  advance(stream, oldest - 1);
  stream.next_tell = now + tell_pause;
  return loss;
}

/// What comes next was sent again and again, by itself, and cannot be understood.
Loss Streams::skip_garbled(Stream& stream, NodeTime now) {
  advance(stream, stream.received + 1);
  ask(stream, now);
  const bool again = now < stream.garbled_until;
  stream.garbled_until = now + garbled_again;
  return {.from = stream.heard_at, .to = now, .count = 1, .garbled = true, .again = again};
}

Loss Streams::lose(Stream& stream, NodeTime now) {
  assert(is_there(stream.presence) && !stream.leaving);
  Loss loss{std::min(stream.heard_at, now), now, std::nullopt};
  if (stream.told_last > stream.received)
    loss.count = count_between(stream.received, stream.told_last);
  stream.presence = next(stream.presence, PresenceInput::lease_ended);
  stream.flow = next(stream.flow, FlowInput::lost);
  stream.catching_up.clear();
  dirty_.insert(stream.instance);
  ack_due_.erase(stream.instance);
  return loss;
}

void Streams::leave(const std::string& instance, std::uint64_t last_news_seq, NodeTime now) {
  Stream* stream = find(instance);
  if (!stream) return;
  const std::uint64_t last = std::min(last_news_seq, max_seq);
  stream->leaving =
      Leaving{.until = stream->received >= last ? now : now + leave_wait, .last = last};
  leaving_.insert(instance);
  assert(is_consistent(*stream));
}

std::vector<Streams::Left> Streams::take_left(NodeTime now) {
  std::vector<Left> gone;
  for (auto it = leaving_.begin(); it != leaving_.end();) {
    const Stream& stream = *find(*it);
    assert(stream.leaving);
    const bool complete = stream.received >= stream.leaving->last;
    if (!complete && now < stream.leaving->until) {
      ++it;
      continue;
    }
    Left left{stream.name, stream.instance, std::nullopt};
    if (!complete)
      left.loss = Loss{std::min(stream.heard_at, now), now,
                       count_between(stream.received, stream.leaving->last)};
    dirty_.erase(left.instance);
    ack_due_.erase(left.instance);
    streams_.erase(left.instance);
    gone.push_back(std::move(left));
    it = leaving_.erase(it);
  }
  return gone;
}

std::optional<NodeTime> Streams::next_leave() const {
  std::optional<NodeTime> next;
  for (const auto& instance : leaving_) {
    const NodeTime until = streams_.find(instance)->second.leaving->until;
    if (!next || until < *next) next = until;
  }
  return next;
}

std::vector<std::string> Streams::forget(NodeTime now) {
  std::vector<std::pair<NodeTime, std::string>> lost;
  for (const auto& [instance, stream] : streams_)
    if (is_lost(stream.presence)) lost.emplace_back(stream.heard_at, instance);
  std::sort(lost.begin(), lost.end());
  std::vector<std::string> gone;
  for (std::size_t i = 0; i < lost.size(); ++i) {
    if (lost.size() - i <= most_remembered && now - lost[i].first < remembered) break;
    streams_.erase(lost[i].second);
    dirty_.erase(lost[i].second);
    gone.push_back(std::move(lost[i].second));
  }
  return gone;
}

bool Streams::news_may_repeat() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const auto& entry) {
    const Stream& stream = entry.second;
    return stream.presence != Presence::synced || has_hole(stream.flow) ||
           stream.told_last > stream.received;
  });
}

std::vector<ProberRow> Streams::take_rows() {
  std::vector<ProberRow> rows;
  for (const auto& instance : std::exchange(dirty_, {})) {
    Stream* stream = find(instance);
    if (!stream) continue;
    stream->saved_at = stream->heard_at;
    rows.push_back(
        {stream->name, instance, stream->received, stream->heard_at, is_lost(stream->presence)});
  }
  return rows;
}

void Streams::committed(const ProberRow& row) {
  Stream* stream = find(row.instance);
  if (!stream || row.received <= stream->committed) return;
  stream->committed = std::min(row.received, stream->received);
  if (!is_lost(stream->presence)) ack_due_.insert(row.instance);
  assert(is_consistent(*stream));
}

std::vector<Streams::ToTell> Streams::take_acks() {
  std::vector<ToTell> acks;
  for (const auto& instance : std::exchange(ack_due_, {})) {
    Stream* stream = find(instance);
    if (!stream || stream->presence != Presence::synced) continue;
    ToTell ack{instance, stream->committed, std::nullopt, std::nullopt};
    if (std::exchange(stream->wants_resend, false)) {
      ack.resend_from = stream->received + 1;
      if (stream->asking.failures > 0) ack.batch = 1;
    }
    acks.push_back(std::move(ack));
  }
  return acks;
}

void Streams::shift_clock(const ClockShift& shift) {
  for (auto& [instance, stream] : streams_) {
    shift(stream);
    dirty_.insert(instance);
  }
}

}  // namespace stalewatch::aggregator
