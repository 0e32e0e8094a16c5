#include "aggregator/core.hpp"

#include "aggregator/target/clock_axis.hpp"
#include "aggregator/target/episode.hpp"
#include "common/base/text.hpp"
#include "common/messages/piece.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace stalewatch::aggregator {
namespace {

// Names listed in one message about many retired targets.
constexpr std::size_t names_listed = 20;
// Probers report the quickest of their last ten pings, one a second: after this it is none from
// before a step.
constexpr Duration offsets_settle = std::chrono::seconds(12);

bool same_target(const ServerConfig& a, const ServerConfig& b) {
  return a.address == b.address && a.time_field == b.time_field;
}

std::string forward_or_back(Duration step) {
  return (step < Duration::zero() ? "back by " : "forward by ") +
         format_duration(std::chrono::abs(step));
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < names_listed; ++i)
    text += (i ? ", " : "") + names[i];
  if (names.size() > names_listed)
    text += " and " + std::to_string(names.size() - names_listed) + " more";
  return text;
}

}  // namespace

Core::Core(Restored restored, Duration lease, Timestamp now)
    : consumers_(std::move(restored.consumers), std::move(restored.heads)),
      trouble_(restored.trouble),
      lease_(lease),
      next_seq_(restored.next_seq),
      latest_(now),
      resumed_at_(now) {
  slots_.resize(restored.next_id);
  everybody_.target.policy.name = "all targets";
  everybody_.target.policy.db_save = true;
  for (auto& row : restored.targets) {
    if (row.id == everybody_.target.id) {
      everybody_.state.stored = std::move(row.state);
      continue;
    }
    auto slot = std::make_unique<Slot>();
    slot->target.id = row.id;
    slot->target.policy.key = row.key;
    slot->target.policy.name = row.name;
    slot->target.policy.address = row.address;
    slot->target.policy.time_field = row.time_field;
    slot->target.address = address_for_people(row.address);
    slot->state.stored = std::move(row.state);
    slot->state.last_sample_at = slot->state.clock_awaited_from = now;
    recall_clock(slot->state, now);
    ids_[row.key] = row.id;
    slots_.at(row.id) = std::move(slot);
  }
  for (auto& row : restored.probers) {
    // A journal from before rings does not know.
    if (row.heard_at == Timestamp{}) row.heard_at = now;
    streams_.restore(row);
    if (!row.lost)
      membership_.restore(Prober{.name = row.name, .instance = row.instance}, now + lease_);
  }
  forget_probers(now);
  for (const auto& target : restored.unreadable) give_up(target, now);
  count_probers(now);
}

/// What was open of it is not known: all of it is closed, also in chat, and it begins anew as
/// another target.
void Core::give_up(const UnreadableTarget& unreadable, Timestamp now) {
  auto row = unreadable.row;
  Event& event = system_event(
      Kind::retired, row.name,
      "has a stored state that cannot be understood (" + unreadable.why + "): it begins anew", true,
      now);
  event.target = row.key;
  event.address = address_for_people(row.address);
  row.retired = true;
  changes_.targets.push_back(std::move(row));
}

/// True when there were any.
bool Core::retire_those_gone(const std::vector<ServerConfig>& servers, Timestamp now) {
  std::unordered_set<std::string> kept;
  for (const auto& server : servers) kept.insert(server.key);
  std::vector<std::uint32_t> gone;
  for (const auto& slot : slots_)
    if (slot && !kept.contains(slot->target.policy.key)) gone.push_back(slot->target.id);

  // Most of the targets leaving at once is one message, not hundreds.
  const bool many = gone.size() > 1 && gone.size() * 2 > ids_.size();
  std::vector<std::string> names;
  bool owed = false;
  for (const auto id : gone) {
    const auto& stored = slots_[id]->state.stored;
    names.push_back(slots_[id]->target.policy.name);
    for (const Problem* p : {&stored.watch, &stored.server, &stored.data, &stored.clock})
      owed = owed || p->notified;
    retire(id, "left the configuration", !many, now);
  }
  if (many)
    system_event(
        Kind::retired, "configuration",
        std::to_string(names.size()) + " targets left the configuration: " + list_of(names), owed,
        now);
  return !gone.empty();
}

bool Core::configure(const std::vector<ServerConfig>& servers, Timestamp now) {
  bool changed_any = retire_those_gone(servers, now);
  configure_everybody(servers);
  for (const auto& server : servers) {
    const auto known = id_of(server.key);
    if (!known) {
      add(server, now);
      changed_any = true;
    } else if (auto& slot = *slots_[*known]; !same_target(slot.target.policy, server)) {
      retire(*known, "was given another address or time field", true, now);
      add(server, now);
      changed_any = true;
    } else {
      const ServerConfig before = std::exchange(slot.target.policy, server);
      if (reconsider(step(slot, now), why_reconsidered(before, slot.target, slot.state)))
        changed(slot);
      arm(slot);
    }
  }
  // Every target is told to its prober anew: what changed inside a policy is not tracked field by
  // field.
  membership_.resend_all();
  reassign();
  return changed_any;
}

void Core::add(const ServerConfig& server, Timestamp now) {
  auto slot = std::make_unique<Slot>();
  slot->target = {static_cast<std::uint32_t>(slots_.size()), server,
                  address_for_people(server.address)};
  slot->state.last_sample_at = slot->state.clock_awaited_from = now;
  ids_[server.key] = slot->target.id;
  slots_.push_back(std::move(slot));
  changed(*slots_.back());
  arm(*slots_.back());
}

void Core::retire(std::uint32_t id, const std::string& why, bool tell, Timestamp now) {
  auto& slot = *slots_[id];
  aggregator::retire(step(slot, now), why, tell);
  changes_.targets.push_back(row_of(slot, true));
  ids_.erase(slot.target.policy.key);
  slots_[id].reset();
  first_look_.seen(id);
}

void Core::advance(Timestamp now) {
  now = forward(now);
  if (const auto lost = membership_.expire(now); !lost.empty()) {
    for (const auto& prober : lost) prober_lost(prober, now);
    reassign();
    count_probers(now);
  }
  take_left(now);
  tell_nobody(now);
  while (!deadlines_.empty() && deadlines_.top().at <= now) {
    const auto deadline = deadlines_.top();
    deadlines_.pop();
    if (deadline.id >= slots_.size() || !slots_[deadline.id]) continue;
    auto& slot = *slots_[deadline.id];
    if (slot.armed != deadline.at) continue;  // an earlier entry has taken its place
    slot.armed.reset();
    if (next_due(slot.target, slot.state, watching()) <= now &&
        expire(step(slot, now), watch_reason()))
      changed(slot);
    if (first_look_.awaits()) looked_at(slot);
    arm(slot);
  }
  tell_first_look(now);
}

std::optional<Timestamp> Core::next_deadline() const {
  auto next = membership_.next_deadline();
  const auto consider = [&](const std::optional<Timestamp>& t) {
    if (t && (!next || *t < *next)) next = t;
  };
  consider(streams_.next_leave());
  consider(nobody_due());
  if (!nobody_since_) consider(first_look_.deadline());
  if (!deadlines_.empty()) consider(deadlines_.top().at);
  return next;
}

void Core::arm(Slot& slot) {
  // Later deadlines are found when the entry comes up: the heap is touched only when something
  // falls due earlier.
  const auto due = next_due(slot.target, slot.state, watching());
  if (!due || (slot.armed && *slot.armed <= *due)) return;
  slot.armed = due;
  deadlines_.push({*due, slot.target.id});
}

void Core::resume(Timestamp now) {
  resumed_at_ = now;
  streams_.resume();
  for (const auto& slot : slots_) {
    if (!slot) continue;
    slot->state.heard = false;
    slot->state.last_sample_at = std::max(slot->state.last_sample_at, now);
    slot->armed.reset();
    arm(*slot);
  }
  for (const auto& prober : membership_.probers())
    membership_.find(prober.instance)->lease_until = now + lease_;
}

void Core::clock_stepped(Duration step, const std::string& detail, Timestamp now) {
  system_event(Kind::clock_stepped, "aggregator",
               "its wall clock went " + forward_or_back(step) + "; " + detail, true, now);
}

void Core::adopt_clock(Duration shift, const std::string& detail, Timestamp now) {
  changes_.notes.push_back("the stepped wall clock is believed now: " + detail);
  latest_ = now;
  offsets_settle_at_ = now + offsets_settle;
  shift_clock(ClockShift(shift), now);
  deadlines_ = {};
  for (const auto& slot : slots_) {
    if (!slot) continue;
    reconsider(step(*slot, now), "our clock went " + forward_or_back(shift));
    slot->armed.reset();
    arm(*slot);
  }
}

/// States go to the journal although nothing was decided: after a start they are gone on from.
void Core::shift_clock(const ClockShift& shift, Timestamp now) {
  shift(resumed_at_), shift(nobody_since_);
  first_look_.shift_clock(shift);
  membership_.shift_clock(shift);
  streams_.shift_clock(shift);
  consumers_.shift_clock(shift);
  shift(trouble_);
  if (trouble_.episode != 0) changes_.trouble = trouble_;
  for (const auto& slot : slots_) {
    if (!slot) continue;
    aggregator::shift_clock(step(*slot, now), shift);
    changed(*slot);
  }
  aggregator::shift_clock(step(everybody_, now), shift);
  if (everybody_.state.stored.watch.open()) changed(everybody_);
}

std::optional<Duration> Core::targets_clock_offset() const {
  std::vector<Duration> offsets;
  for (const auto& slot : slots_)
    if (const auto offset = slot ? measured_clock_offset(slot->state) : std::nullopt)
      offsets.push_back(*offset);
  if (offsets.empty()) return std::nullopt;
  const auto middle = offsets.begin() + static_cast<std::ptrdiff_t>(offsets.size() / 2);
  std::nth_element(offsets.begin(), middle, offsets.end());
  return *middle;
}

Changes Core::take_changes() {
  for (const auto id : dirty_) {
    Slot* slot = slot_of(id);
    if (!slot || !std::exchange(slot->dirty, false)) continue;
    // Of everybody there is something to keep only while it is open.
    const bool over = slot == &everybody_ && !slot->state.stored.watch.open();
    changes_.targets.push_back(row_of(*slot, over));
  }
  dirty_.clear();
  changes_.consumers_gone = consumers_.take_gone();
  changes_.consumers = consumers_.take_changed();
  for (auto& row : streams_.take_rows()) changes_.probers.push_back(std::move(row));
  changes_.events = std::exchange(decisions_.events, {});
  for (auto& note : decisions_.notes) changes_.notes.push_back(std::move(note));
  decisions_.notes.clear();
  return std::exchange(changes_, {});
}

std::vector<AssignmentChange> Core::take_assignment_changes() {
  return std::exchange(assignment_changes_, {});
}

const Target* Core::target(std::uint32_t id) const {
  return id < slots_.size() && slots_[id] ? &slots_[id]->target : nullptr;
}

std::optional<std::uint32_t> Core::id_of(const std::string& key) const {
  const auto found = ids_.find(key);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

Core::ProblemsPage Core::open_problems(std::uint32_t from, std::int64_t head, Timestamp now) const {
  ProblemsPage page;
  Piece room;
  if (from == everybody_.target.id)
    if (auto nobody =
            opening_as_of_now(everybody_.target, everybody_.state, everybody_axis, head, now))
      page.problems.push_back(*std::move(nobody));
  for (std::uint32_t id = from; id < slots_.size(); ++id) {
    if (!slots_[id]) continue;
    auto events = aggregator::open_problems(slots_[id]->target, slots_[id]->state, head, now);
    std::size_t bytes = 0;
    for (const auto& event : events) bytes += encoded_size(event);
    if (bytes > 0 && !room.take(bytes)) {
      page.next = id;
      break;
    }
    std::move(events.begin(), events.end(), std::back_inserter(page.problems));
  }
  return page;
}

Core::Counts Core::counts() const {
  Counts counts;
  for (const auto& slot : slots_) {
    if (!slot) continue;
    const auto& stored = slot->state.stored;
    ++counts.targets;
    ++(stored.data.open() ? counts.stale : stored.computed_at ? counts.fresh : counts.data_unknown);
    counts.failing += stored.server.open();
    counts.not_watched += stored.watch.open();
  }
  return counts;
}

Step Core::step(Slot& slot, Timestamp now) {
  return {slot.target, slot.state, now, next_seq_, decisions_, watching()};
}

Core::Slot* Core::slot_of(std::uint32_t id) {
  return id == everybody_.target.id ? &everybody_ : slots_[id].get();
}

void Core::changed(Slot& slot) {
  if (slot.dirty) return;
  slot.dirty = true;
  dirty_.push_back(slot.target.id);
}

Event& Core::system_event(Kind kind, const std::string& name, const std::string& detail,
                          bool notify, Timestamp now) {
  Event event;
  event.seq = next_seq_++;
  event.kind = kind;
  event.name = name;
  event.at = event.decided_at = now;
  if (!detail.empty()) event.detail = detail;
  event.notify = notify;
  event.db_save = true;
  return decisions_.events.emplace_back(std::move(event));
}

TargetRow Core::row_of(const Slot& slot, bool retired) const {
  const auto& policy = slot.target.policy;
  return {slot.target.id,    policy.key, policy.name,      policy.address,
          policy.time_field, retired,    slot.state.stored};
}

}  // namespace stalewatch::aggregator
