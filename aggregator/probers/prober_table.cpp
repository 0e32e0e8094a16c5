#include "aggregator/probers/prober_table.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch::aggregator {
namespace {

// Probers report the quickest of their last ten pings, one a second: after this it is none from
// before a step.
constexpr Duration offsets_settle = std::chrono::seconds(12);
// A computed time can be much older than `farthest`, but has to stay within what can be subtracted.
constexpr Timestamp oldest_time = timestamp_from_us(-62'200'000'000'000'000);  // the year 0
constexpr Timestamp newest_time = timestamp_from_us(253'500'000'000'000'000);  // the year 10000

/// Whatever a prober's clock is off by, it is not further than this from ours.
bool is_near(Timestamp theirs, NodeTime now) {
  return theirs > to_wire(now) - farthest && theirs < to_wire(now) + farthest;
}
bool is_near(const std::optional<Duration>& d) { return !d || (*d > -farthest && *d < farthest); }

/// No prober of ours says anything else; what does is not reckoned with.
bool is_possible(const Sample& s, NodeTime now) {
  const auto is_time = [](const std::optional<Timestamp>& t) {
    return !t || (*t > oldest_time && *t < newest_time);
  };
  const bool time = is_time(s.computed_at) && is_time(s.computed_alt);
  const bool whole = s.outcome != Outcome::ok || s.computed_at;
  return whole && time && is_near(s.probed_at, now) && is_near(s.since, now);
}

bool has_near_clock(const Sample& s) {
  return s.clock_offset && is_near(s.clock_offset) && is_near(s.clock_uncertainty);
}

std::string in_zone(const std::string& zone) { return zone.empty() ? "" : "zone " + zone; }

std::string samples_with_news(const Loss& loss) {
  return std::to_string(loss.count.value_or(0)) + " samples with something new ";
}

}  // namespace

void ProberTable::restore(std::vector<ProberRow> rows, NodeTime now) {
  for (auto& row : rows) {
    // A journal from before rings does not know.
    if (row.heard_at == NodeTime{}) row.heard_at = now;
    // In a journal of 0.1.0 several that are here may have one name.
    if (!row.lost) row.name = membership_.free_name(row.name);
    streams_.restore(row);
    if (!row.lost)
      membership_.restore(Prober{.name = row.name, .instance = row.instance}, now + lease_);
  }
  forget(now);
  tell_targets(now);
}

void ProberTable::restore(SavedProbers saved) {
  lease_ = saved.lease;
  for (auto& prober : saved.probers) {
    const auto lease_until = prober.lease_until;
    membership_.restore(std::move(prober), lease_until);
  }
  streams_.restore(std::move(saved.streams));
  last_was_lost_ = saved.last_was_lost;
  resumed_at_ = saved.resumed_at;
  offsets_settle_at_ = saved.offsets_settle_at;
}

SavedProbers ProberTable::save() const {
  return {.lease = lease_,
          .probers = membership_.probers(),
          .streams = streams_.save(),
          .last_was_lost = last_was_lost_,
          .resumed_at = resumed_at_,
          .offsets_settle_at = offsets_settle_at_};
}

void ProberTable::take(const input::Samples& batch, NodeTime now) {
  Stream unknown;  // of somebody who has not said hello: nothing numbered is taken
  Stream* const found = streams_.find(batch.instance);
  const Prober* const prober = membership_.find(batch.instance);
  const Sender sender{
      .name = batch.prober,
      .stream = found ? *found : unknown,
      .known = found != nullptr,
      .offset = prober ? prober->clock_offset.value_or(Duration::zero()) : Duration::zero()};
  streams_.begin_batch(sender.stream, batch.after, now);
  for (const auto& sample : batch.samples) take_one(sender, sample, now);
  if (!batch.samples.empty()) targets_.sampled(now);
}

void ProberTable::take_one(const Sender& sender, const Sample& sample, NodeTime now) {
  ++samples_;
  const bool of_target = targets_.knows(sample.target);
  if (!of_target) ++unknown_targets_;
  const auto admission = streams_.admit(sender.stream, sample.news_seq, now);
  if (admission == Streams::Admission::known) return;
  if (const auto why = refusal_of(sample, sender.stream, now); !why.empty()) {
    const bool comes_again = admission == Streams::Admission::hole && sample.news_seq != 0;
    if (!comes_again) refuse(sender, sample, why);
    return;
  }
  if (admission == Streams::Admission::hole) {
    // It cannot be judged before the news that are missing, but somebody watches.
    if (of_target) targets_.heard(sample.target, now);
    return;
  }
  const auto at = std::min(by_our_clock(sample.probed_at, -sender.offset), now);
  if (sample.news_seq != 0) streams_.took(sender.stream, at);
  if (!of_target) return;
  const auto seen = observation_of(sender, sample, now);
  if (seen.behind) sender.stream.catching_up.insert(sample.target);
  const bool told = targets_.judge(seen, now);
  if (told && !streams_.news_may_repeat()) targets_.forget_times(sample.target);
}

/// By our clock.
Observation ProberTable::observation_of(const Sender& sender, const Sample& sample, NodeTime now) {
  Observation seen{sample, sender.name,
                   std::min(by_our_clock(sample.probed_at, -sender.offset), now), std::nullopt};
  if (has_near_clock(sample))
    seen.target_offset = *sample.clock_offset - sender.offset;
  else if (sample.clock_offset)
    ++refused_offsets_;
  if (sample.date_off) seen.date_off = *sample.date_off - sender.offset;
  seen.late = sender.stream.presence == Presence::synced && now - seen.at > late_after;
  seen.behind = seen.late || (sender.known && seen.at < resumed_at_);
  return seen;
}

/// Why a sample is not believed; empty: it is.
std::string_view ProberTable::refusal_of(const Sample& sample, const Stream& stream,
                                         NodeTime now) const {
  if (sample.unreadable) return "it cannot be understood";
  if (!is_possible(sample, now)) return "what it says cannot be";
  if (targets_.knows(sample.target) && !Streams::may_tell_of(stream, sample.target, now))
    return "its prober was never given that target";
  return {};
}

void ProberTable::refuse(const Sender& sender, const Sample& sample, std::string_view why) {
  ++refused_samples_;
  // One without a number may be the very news that are awaited.
  if (sample.unreadable && sample.news_seq == 0) streams_.garbled(sender.stream);
  const auto* const target = targets_.find(sample.target);
  if (target) targets_.refused(sample.target);
  if (std::exchange(sender.stream.told_refused, true)) return;
  if (!sender.known && !strangers_.is_first(std::string(sender.name))) return;
  ledger_.note("a sample is refused prober=" + escape_untrusted(sender.name, 80) +
               " target=" + (target ? target->policy.key : "?") + " why=\"" + std::string(why) +
               "\" (told once a prober)");
}

void ProberTable::take(const input::Garbled& garbled) {
  if (Stream* stream = streams_.find(garbled.instance)) streams_.garbled(*stream);
}

void ProberTable::take(const input::Hello& hello, NodeTime now) {
  const auto& instance = hello.message.instance;
  const Stream* const before = streams_.find(instance);
  if (membership_.hello(hello.message, hello.peer, now + lease_, before ? before->name : "")) {
    const auto& name = membership_.find(instance)->name;
    ledger_.add(Kind::prober_joined, name, in_zone(hello.message.zone), false, now);
    streams_.join(name, instance, now);
    tell_targets(now);
  }
  reassign();
}

void ProberTable::take(const input::Lease& input, NodeTime now) {
  const auto& lease = input.message;
  Prober* const prober = membership_.lease(lease, now + lease_);
  if (!prober) return;
  prober->peer = input.peer;
  if (now >= offsets_settle_at_ && is_near(lease.clock_offset))
    prober->clock_offset = lease.clock_offset;
  Stream* const stream = streams_.find(lease.instance);
  if (!stream) return;
  const Duration offset = prober->clock_offset.value_or(Duration::zero());
  if (const auto loss = streams_.lease(*stream, lease, offset, now))
    samples_lost(prober->name, *loss,
                 samples_with_news(*loss) + "are gone: " +
                     (loss->garbled ? "they cannot be understood, as often as they are sent"
                                    : "it no longer keeps them (prober.ring; or this is an older "
                                      "copy of the journal that had them)"),
                 !loss->again, now);
  if (!streams_.complete(*stream, lease, offset, resumed_at_, now)) return;
  catch_up(*stream, *prober, now);
  if (lease.generation == prober->generation) streams_.settled(*stream, now);
}

void ProberTable::catch_up(Stream& stream, const Prober& prober, NodeTime now) {
  auto targets = std::exchange(stream.catching_up, {});
  // It probed on while nobody listened, and all it saw is known: what had nothing new is as it was.
  if (std::exchange(stream.goes_on, false))
    for (const auto id : prober.targets)
      if (targets_.knows(id) && !targets_.is_unwatched(id)) targets.insert(id);
  for (const auto id : targets)
    if (targets_.knows(id)) targets_.caught_up(id, now);
}

void ProberTable::take(const input::Goodbye& goodbye, NodeTime now) {
  const auto& instance = goodbye.message.instance;
  const auto gone = membership_.goodbye(instance);
  if (!gone) return;
  streams_.leave(instance, goodbye.message.last_news_seq.value_or(0), now);
  ledger_.add(Kind::prober_left, gone->name, in_zone(gone->zone), false, now);
  last_was_lost_ = false;
  reassign();
  tell_targets(now);
}

void ProberTable::take(const input::Resend& resend) {
  if (resend.instance.empty())
    membership_.resend_all();
  else if (Prober* prober = membership_.find(resend.instance))
    prober->resend = true;
  reassign();
}

void ProberTable::take(const input::Assigned& assigned) {
  if (Prober* prober = membership_.find(assigned.instance))
    prober->generation = assigned.generation;
}

void ProberTable::take(const input::Committed& committed) {
  for (const auto& row : committed.probers) streams_.committed(row);
}

void ProberTable::reassign_all() {
  membership_.resend_all();
  reassign();
}

void ProberTable::reassign() {
  for (auto& change : membership_.assign(targets_.ids())) {
    streams_.give(change.instance, change.added);
    assignment_changes_.push_back(std::move(change));
  }
}

void ProberTable::tell_targets(NodeTime now) {
  const auto& probers = membership_.probers();
  targets_.probers_are(probers.empty() ? "" : std::string_view(probers.front().name), now);
}

void ProberTable::advance(NodeTime now) {
  if (const auto lost = membership_.expire(now); !lost.empty()) {
    for (const auto& prober : lost) lose(prober, now);
    reassign();
    tell_targets(now);
  }
  take_left(now);
}

void ProberTable::lose(const Prober& prober, NodeTime now) {
  auto detail = "no sign of life for " + format_duration(lease_);
  if (!prober.followed_by.empty())
    detail += "; " + prober.followed_by + " has joined since, perhaps the same one restarted";
  ledger_.add(Kind::prober_lost, prober.name, detail, false, now);
  last_was_lost_ = true;
  if (Stream* stream = streams_.find(prober.instance)) {
    const Loss loss = streams_.lose(*stream, now);
    samples_lost(prober.name, loss,
                 loss.count
                     ? samples_with_news(loss) + "have not arrived; they are taken if it comes back"
                     : "what it saw last is not known; it is taken if it comes back",
                 loss.count.has_value(), now);
  }
  targets_.remember_times(prober.targets, now);
  forget(now);
}

void ProberTable::take_left(NodeTime now) {
  for (auto& left : streams_.take_left(now)) {
    ledger_.changes.probers_gone.push_back(left.instance);
    if (left.loss)
      samples_lost(left.name, *left.loss,
                   samples_with_news(*left.loss) + "did not arrive before it ended", true, now);
  }
}

void ProberTable::samples_lost(const std::string& prober, const Loss& loss,
                               const std::string& detail, bool notify, NodeTime now) {
  Event& event = ledger_.add(Kind::samples_lost, prober, detail, notify, now);
  event.prober = prober;
  event.since = to_wire(loss.from);
  event.at = to_wire(loss.to);
  event.count = loss.count;
}

void ProberTable::forget(NodeTime now) {
  for (auto& instance : streams_.forget(now))
    ledger_.changes.probers_gone.push_back(std::move(instance));
}

std::optional<NodeTime> ProberTable::next_deadline() const {
  const auto lease = membership_.next_deadline();
  const auto leave = streams_.next_leave();
  return lease && leave ? std::min(lease, leave) : lease ? lease : leave;
}

void ProberTable::resume(NodeTime now) {
  resumed_at_ = now;
  streams_.resume();
  membership_.renew_all(now + lease_);
}

void ProberTable::shift_clock(const ClockShift& shift, NodeTime now) {
  offsets_settle_at_ = now + offsets_settle;
  shift(resumed_at_);
  membership_.shift_clock(shift);
  streams_.shift_clock(shift);
}

const Prober* ProberTable::reachable(std::string_view instance) const {
  const Prober* prober = find(instance);
  return prober && !prober->peer.empty() ? prober : nullptr;
}

WatchReason ProberTable::watch_reason() const {
  if (!membership_.probers().empty()) return WatchReason::samples_lost;
  return last_was_lost_ ? WatchReason::prober_lost : WatchReason::no_prober;
}

std::vector<AssignmentChange> ProberTable::take_assignment_changes() {
  return std::exchange(assignment_changes_, {});
}

}  // namespace stalewatch::aggregator
