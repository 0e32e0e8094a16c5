// Core, as far as it has to do with probers: their samples, leases and losses.

#include "aggregator/core.hpp"
#include "common/base/text.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch::aggregator {
namespace {

// A computed time can be much older than `farthest`, but has to stay within what can be subtracted.
constexpr Timestamp oldest_time = timestamp_from_us(-62'200'000'000'000'000);  // the year 0
constexpr Timestamp newest_time = timestamp_from_us(253'500'000'000'000'000);  // the year 10000

bool is_near(Timestamp t, Timestamp now) { return t > now - farthest && t < now + farthest; }
bool is_near(const std::optional<Duration>& d) { return !d || (*d > -farthest && *d < farthest); }

/// No prober of ours says anything else; what does is not reckoned with.
bool is_possible(const Sample& s, Timestamp now) {
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

}  // namespace

void Core::observe(std::string_view prober, std::string_view instance,
                   const std::vector<Sample>& samples, Timestamp now,
                   std::optional<std::uint64_t> after) {
  now = forward(now);
  const Prober* known = membership_.find(instance);
  const Duration prober_offset =
      known ? known->clock_offset.value_or(Duration::zero()) : Duration::zero();
  Stream unknown;  // of somebody who has not said hello: nothing numbered is taken
  Stream* const found = streams_.find(instance);
  Stream& stream = found ? *found : unknown;
  streams_.begin_batch(stream, after, now);
  for (const auto& sample : samples) {
    ++samples_;
    Slot* slot = sample.target < slots_.size() ? slots_[sample.target].get() : nullptr;
    if (!slot) ++unknown_targets_;
    const auto admission = streams_.admit(stream, sample.news_seq, now);
    if (admission == Streams::Admission::known) continue;
    if (const auto why = refusal_of(sample, slot, stream, now); !why.empty()) {
      const bool comes_again = admission == Streams::Admission::hole && sample.news_seq != 0;
      if (!comes_again) refused(stream, prober, sample, slot, why);
      continue;
    }
    if (admission == Streams::Admission::hole) {
      // It cannot be judged before the news that are missing, but somebody watches.
      if (slot) slot->state.last_sample_at = now;
      continue;
    }
    Observation seen{sample, prober, std::min(sample.probed_at + prober_offset, now), std::nullopt};
    if (sample.news_seq != 0) streams_.took(stream, seen.at);
    if (!slot) continue;
    if (has_near_clock(sample))
      seen.target_offset = *sample.clock_offset - prober_offset;
    else if (sample.clock_offset)
      ++refused_offsets_;
    if (sample.date_off) seen.date_off = *sample.date_off - prober_offset;
    seen.late = stream.synced && now - seen.at > late_after;
    seen.behind = seen.late || (found && seen.at < resumed_at_);
    if (seen.behind) stream.catching_up.insert(sample.target);
    judge(*slot, seen, now);
  }
  sampled_since_joined_ = sampled_since_joined_ || !samples.empty();
  tell_first_look(now);
}

std::string_view Core::name_of(std::string_view instance, std::string_view otherwise) {
  const Stream* stream = streams_.find(instance);
  return stream ? std::string_view(stream->name) : otherwise;
}

void Core::garbled(std::string_view instance) {
  if (Stream* stream = streams_.find(instance)) streams_.garbled(*stream);
}

/// Why a sample is not believed; empty: it is.
std::string_view Core::refusal_of(const Sample& sample, const Slot* slot, const Stream& stream,
                                  Timestamp now) {
  if (sample.unreadable) return "it cannot be understood";
  if (!is_possible(sample, now)) return "what it says cannot be";
  if (slot && !Streams::may_tell_of(stream, sample.target, now))
    return "its prober was never given that target";
  return {};
}

void Core::refused(Stream& stream, std::string_view prober, const Sample& sample, Slot* slot,
                   std::string_view why) {
  ++refused_samples_;
  // One without a number may be the very news that are awaited.
  if (sample.unreadable && sample.news_seq == 0) streams_.garbled(stream);
  if (slot) slot->state.refused = true;
  if (std::exchange(stream.told_refused, true)) return;
  const bool stranger = stream.instance.empty();
  if (stranger && !strangers_.is_first(std::string(prober))) return;
  changes_.notes.push_back("a sample is refused prober=" + escape_untrusted(prober, 80) +
                           " target=" + (slot ? slot->target.policy.key : "?") + " why=\"" +
                           std::string(why) + "\" (told once a prober)");
}

void Core::judge(Slot& slot, const Observation& seen, Timestamp now) {
  const bool first = !slot.state.heard;
  const auto next_seq = next_seq_;
  const bool stored_changed = aggregator::observe(step(slot, now), seen);
  auto& stored = slot.state.stored;
  if (next_seq_ != next_seq && !stored.recent.empty() && !streams_.news_may_repeat())
    stored.recent.clear();
  if (stored_changed) changed(slot);
  if (first_look_.awaits()) looked_at(slot);
  // On the common path, an unchanged sample, no deadline comes nearer and there is nothing to arm.
  if (stored_changed || first || slot.target.policy.server_clock) arm(slot);
}

void Core::hello(const Hello& hello, const std::string& peer, Timestamp now) {
  const std::string known_as(name_of(hello.instance, ""));
  if (membership_.hello(hello, peer, now + lease_, known_as)) {
    const auto& name = membership_.find(hello.instance)->name;
    system_event(Kind::prober_joined, name, hello.zone.empty() ? "" : "zone " + hello.zone, false,
                 now);
    streams_.join(name, hello.instance, now);
    count_probers(now);
  }
  reassign();
}

Prober* Core::lease(const Lease& lease, Timestamp now) {
  Prober* prober = membership_.lease(lease, now + lease_);
  if (!prober) return nullptr;
  if (now >= offsets_settle_at_ && is_near(lease.clock_offset))
    prober->clock_offset = lease.clock_offset;
  Stream* stream = streams_.find(lease.instance);
  if (!stream) return prober;
  const Duration offset = prober->clock_offset.value_or(Duration::zero());
  if (const auto loss = streams_.lease(*stream, lease, offset, now))
    samples_lost(prober->name, *loss,
                 std::to_string(loss->count.value_or(0)) +
                     " samples with something new are gone: " +
                     (loss->garbled ? "they cannot be understood, as often as they are sent"
                                    : "it no longer keeps them (prober.ring; or this is an older "
                                      "copy of the journal that had them)"),
                 !loss->again, now);
  if (streams_.complete(*stream, lease, offset, resumed_at_, now)) {
    catch_up(*stream, *prober, now);
    if (lease.generation == prober->generation) streams_.settled(*stream, now);
  }
  return prober;
}

void Core::catch_up(Stream& stream, const Prober& prober, Timestamp now) {
  auto targets = std::exchange(stream.catching_up, {});
  // It probed on while nobody listened, and all it saw is known: what had nothing new is as it was.
  if (std::exchange(stream.goes_on, false))
    for (const auto id : prober.targets)
      if (id < slots_.size() && slots_[id] && !slots_[id]->state.stored.watch.open())
        targets.insert(id);
  for (const auto id : targets) {
    if (id >= slots_.size() || !slots_[id] || slots_[id]->state.heard) continue;
    auto& slot = *slots_[id];
    if (caught_up(step(slot, now))) changed(slot);
    arm(slot);
  }
}

void Core::goodbye(const Goodbye& goodbye, Timestamp now) {
  const auto gone = membership_.goodbye(goodbye.instance);
  if (!gone) return;
  streams_.leave(goodbye.instance, goodbye.last_news_seq.value_or(0), now);
  system_event(Kind::prober_left, gone->name, gone->zone.empty() ? "" : "zone " + gone->zone, false,
               now);
  last_prober_was_lost_ = false;
  reassign();
  count_probers(now);
}

void Core::samples_lost(const std::string& prober, const Loss& loss, const std::string& detail,
                        bool notify, Timestamp now) {
  Event& event = system_event(Kind::samples_lost, prober, detail, notify, now);
  event.prober = prober;
  event.since = loss.from;
  event.at = loss.to;
  event.count = loss.count;
}

void Core::resend_all() {
  membership_.resend_all();
  reassign();
}

void Core::resend(const std::string& instance) {
  if (Prober* prober = membership_.find(instance)) prober->resend = true;
  reassign();
}

void Core::prober_lost(const Prober& prober, Timestamp now) {
  system_event(Kind::prober_lost, prober.name, "no sign of life for " + format_duration(lease_),
               false, now);
  last_prober_was_lost_ = true;
  if (Stream* stream = streams_.find(prober.instance)) {
    const Loss loss = streams_.lose(*stream, now);
    samples_lost(prober.name, loss,
                 loss.count
                     ? std::to_string(*loss.count) +
                           " samples with something new have not arrived; they are taken if it "
                           "comes back"
                     : "what it saw last is not known; it is taken if it comes back",
                 loss.count.has_value(), now);
  }
  for (const auto id : prober.targets)
    if (id < slots_.size() && slots_[id] && remember_times(slots_[id]->state, now))
      changed(*slots_[id]);
  forget_probers(now);
}

void Core::forget_probers(Timestamp now) {
  for (auto& instance : streams_.forget(now)) changes_.probers_gone.push_back(std::move(instance));
}

void Core::committed(const Changes& changes) {
  for (const auto& row : changes.probers) streams_.committed(row);
}

void Core::reassign() {
  std::vector<std::uint32_t> ids;
  for (const auto& slot : slots_)
    if (slot) ids.push_back(slot->target.id);
  for (auto& change : membership_.assign(ids)) {
    streams_.give(change.instance, change.added);
    assignment_changes_.push_back(std::move(change));
  }
}

std::string_view Core::watch_reason() const {
  if (!membership_.probers().empty()) return "samples_lost";
  return last_prober_was_lost_ ? "prober_lost" : "no_prober";
}

void Core::take_left(Timestamp now) {
  for (auto& left : streams_.take_left(now)) {
    changes_.probers_gone.push_back(left.instance);
    if (left.loss)
      samples_lost(left.name, *left.loss,
                   std::to_string(left.loss->count.value_or(0)) +
                       " samples with something new did not arrive before it ended",
                   true, now);
  }
}

}  // namespace stalewatch::aggregator
