#include "aggregator/target/target_table.hpp"

#include "aggregator/target/clock_axis.hpp"
#include "aggregator/target/episode.hpp"
#include "common/base/text.hpp"
#include "common/messages/piece.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <unordered_set>
#include <utility>

namespace stalewatch::aggregator {
namespace {

// Names listed in one message about many retired targets.
constexpr std::size_t names_listed = 20;

constexpr std::string_view fresh = "fresh";
constexpr std::string_view not_known = "not known yet";

bool same_target(const ServerConfig& a, const ServerConfig& b) {
  return a.address == b.address && a.time_field == b.time_field;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < names_listed; ++i)
    text += (i ? ", " : "") + names[i];
  if (names.size() > names_listed)
    text += " and " + std::to_string(names.size() - names_listed) + " more";
  return text;
}

/// Each counts once, as its worst; a clock that is off says nothing of the data.
std::string_view worst_of(const StoredState& stored) {
  for (const Axis& axis : axes)
    if (&axis != &clock_axis && (stored.*axis.problem).open()) return axis.state;
  return stored.computed_at ? fresh : not_known;
}

}  // namespace

void TargetTable::restore(std::vector<TargetRow> rows, std::uint32_t next_id, NodeTime now) {
  slots_.resize(next_id);
  for (auto& row : rows) {
    if (row.id == Everybody::id) {
      everybody_.restore(std::move(row.state));
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
}

void TargetTable::restore(SavedTargets saved) {
  slots_.resize(saved.next_id);
  for (auto& [id, policy, state, views_seen, armed] : saved.targets) {
    auto slot = std::make_unique<Slot>();
    slot->target = {id, policy, address_for_people(policy.address)};
    slot->state = std::move(state);
    auto& views = slot->state.stored.views;
    for (std::size_t i = 0; i < std::min(views.size(), views_seen.size()); ++i)
      views[i].seen = views_seen[i];
    slot->armed = armed;
    if (armed) deadlines_.push({*armed, id});
    ids_[policy.key] = id;
    slots_.at(id) = std::move(slot);
  }
  everybody_.restore(std::move(saved.everybody));
  first_look_.restore(saved.look_until, saved.look_awaits);
}

SavedTargets TargetTable::save() const {
  SavedTargets saved{.next_id = static_cast<std::uint32_t>(slots_.size()),
                     .everybody = everybody_.save(),
                     .look_until = first_look_.deadline(),
                     .look_awaits = first_look_.awaited()};
  for (const auto& slot : slots_) {
    if (!slot) continue;
    auto& one = saved.targets.emplace_back();
    one.id = slot->target.id;
    one.policy = slot->target.policy;
    one.state = slot->state;
    for (const auto& view : slot->state.stored.views) one.views_seen.push_back(view.seen);
    one.armed = slot->armed;
  }
  return saved;
}

/// What was open of it is not known: all of it is closed, also in chat, and it begins anew as
/// another target.
void TargetTable::give_up(const UnreadableTarget& unreadable, NodeTime now) {
  auto row = unreadable.row;
  Event& event = ledger_.add(
      Kind::retired, row.name,
      "has a stored state that cannot be understood (" + unreadable.why + "): it begins anew", true,
      now);
  event.target = row.key;
  event.address = address_for_people(row.address);
  row.retired = true;
  ledger_.changes.targets.push_back(std::move(row));
}

/// True when there were any.
bool TargetTable::retire_those_gone(const std::vector<ServerConfig>& servers, NodeTime now) {
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
    names.push_back(slots_[id]->target.policy.name);
    owed = owed || owes_chat(slots_[id]->state.stored);
    retire(id, "left the configuration", !many, now);
  }
  if (many)
    ledger_.add(Kind::retired, "configuration",
                std::to_string(names.size()) + " targets left the configuration: " + list_of(names),
                owed, now);
  return !gone.empty();
}

bool TargetTable::configure(const std::vector<ServerConfig>& servers, NodeTime now) {
  bool changed_any = retire_those_gone(servers, now);
  everybody_.configure(servers);
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
  return changed_any;
}

void TargetTable::add(const ServerConfig& server, NodeTime now) {
  auto slot = std::make_unique<Slot>();
  slot->target = {static_cast<std::uint32_t>(slots_.size()), server,
                  address_for_people(server.address)};
  slot->state.last_sample_at = slot->state.clock_awaited_from = now;
  ids_[server.key] = slot->target.id;
  slots_.push_back(std::move(slot));
  changed(*slots_.back());
  arm(*slots_.back());
}

void TargetTable::retire(std::uint32_t id, const std::string& why, bool tell, NodeTime now) {
  auto& slot = *slots_[id];
  aggregator::retire(step(slot, now), why, tell);
  ledger_.changes.targets.push_back(row_of(slot.target, slot.state, true));
  ids_.erase(slot.target.policy.key);
  slots_[id].reset();
  first_look_.seen(id);
}

bool TargetTable::judge(const Observation& seen, NodeTime now) {
  auto& slot = *slots_[seen.sample.target];
  const bool first = !slot.state.heard;
  const auto next_seq = ledger_.next_seq();
  const bool stored_changed = observe(step(slot, now), seen);
  if (stored_changed) changed(slot);
  if (first_look_.awaits()) looked_at(slot);
  // On the common path, an unchanged sample, no deadline comes nearer and there is nothing to arm.
  if (stored_changed || first || slot.target.policy.server_clock) arm(slot);
  return ledger_.next_seq() != next_seq;
}

void TargetTable::caught_up(std::uint32_t id, NodeTime now) {
  auto& slot = *slots_[id];
  if (slot.state.heard) return;
  if (aggregator::caught_up(step(slot, now))) changed(slot);
  arm(slot);
}

void TargetTable::remember_times(const std::vector<std::uint32_t>& ids, NodeTime now) {
  for (const auto id : ids)
    if (knows(id) && aggregator::remember_times(slots_[id]->state, now)) changed(*slots_[id]);
}

void TargetTable::forget_times(std::uint32_t id) {
  auto& recent = slots_[id]->state.stored.recent;
  if (recent.empty()) return;
  recent.clear();
  changed(*slots_[id]);
}

void TargetTable::probers_are(std::string_view first, NodeTime now) {
  if (!everybody_.probers_are(first, now)) return;
  // Who is silent now is given the time to be probed.
  for (const auto& slot : slots_) {
    if (!slot) continue;
    slot->state.last_sample_at = std::max(slot->state.last_sample_at, now);
    arm(*slot);
  }
}

void TargetTable::sampled(NodeTime now) {
  everybody_.sampled();
  tell_first_look(now);
}

void TargetTable::advance(WatchReason reason, NodeTime now) {
  everybody_.advance(ids_.size(), reason, now);
  while (!deadlines_.empty() && deadlines_.top().at <= now) {
    const auto deadline = deadlines_.top();
    deadlines_.pop();
    if (!knows(deadline.id)) continue;
    auto& slot = *slots_[deadline.id];
    if (slot.armed != deadline.at) continue;  // an earlier entry has taken its place
    slot.armed.reset();
    if (next_due(slot.target, slot.state, everybody_.watching()) <= now &&
        expire(step(slot, now), reason))
      changed(slot);
    if (first_look_.awaits()) looked_at(slot);
    arm(slot);
  }
  tell_first_look(now);
}

std::optional<NodeTime> TargetTable::next_deadline() const {
  std::optional<NodeTime> next;
  const auto consider = [&](const std::optional<NodeTime>& t) {
    if (t && (!next || *t < *next)) next = t;
  };
  consider(everybody_.next_due(ids_.size()));
  if (!everybody_.unattended()) consider(first_look_.deadline());
  if (!deadlines_.empty()) consider(deadlines_.top().at);
  return next;
}

void TargetTable::arm(Slot& slot) {
  // Later deadlines are found when the entry comes up: the heap is touched only when something
  // falls due earlier.
  const auto due = next_due(slot.target, slot.state, everybody_.watching());
  if (!due || (slot.armed && *slot.armed <= *due)) return;
  slot.armed = due;
  deadlines_.push({*due, slot.target.id});
}

void TargetTable::resume(NodeTime now) {
  deadlines_ = {};
  for (const auto& slot : slots_) {
    if (!slot) continue;
    slot->state.heard = false;
    slot->state.last_sample_at = std::max(slot->state.last_sample_at, now);
    slot->armed.reset();
    arm(*slot);
  }
}

void TargetTable::adopt_clock(const ClockShift& shift, const std::string& why, NodeTime now) {
  shift_clock(shift, now);
  deadlines_ = {};
  for (const auto& slot : slots_) {
    if (!slot) continue;
    reconsider(step(*slot, now), why);
    slot->armed.reset();
    arm(*slot);
  }
}

/// States go to the journal although nothing was decided: after a start they are gone on from.
void TargetTable::shift_clock(const ClockShift& shift, NodeTime now) {
  first_look_.shift_clock(shift);
  for (const auto& slot : slots_) {
    if (!slot) continue;
    aggregator::shift_clock(step(*slot, now), shift);
    changed(*slot);
  }
  everybody_.shift_clock(shift, now);
}

std::optional<Duration> TargetTable::clock_offset() const {
  std::vector<Duration> offsets;
  for (const auto& slot : slots_)
    if (const auto offset = slot ? measured_clock_offset(slot->state) : std::nullopt)
      offsets.push_back(*offset);
  if (offsets.empty()) return std::nullopt;
  const auto middle = offsets.begin() + static_cast<std::ptrdiff_t>(offsets.size() / 2);
  std::nth_element(offsets.begin(), middle, offsets.end());
  return *middle;
}

std::vector<TargetRow> TargetTable::take_rows() {
  std::vector<TargetRow> rows;
  for (const auto id : std::exchange(dirty_, {}))
    if (knows(id) && std::exchange(slots_[id]->dirty, false))
      rows.push_back(row_of(slots_[id]->target, slots_[id]->state, false));
  if (auto row = everybody_.take_row()) rows.push_back(*std::move(row));
  return rows;
}

std::optional<std::uint32_t> TargetTable::id_of(const std::string& key) const {
  const auto found = ids_.find(key);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::uint32_t> TargetTable::ids() const {
  std::vector<std::uint32_t> ids;
  for (const auto& slot : slots_)
    if (slot) ids.push_back(slot->target.id);
  return ids;
}

TargetTable::ProblemsPage TargetTable::open_problems(std::uint32_t from, std::int64_t head,
                                                     NodeTime now) const {
  ProblemsPage page;
  Piece room;
  if (from == Everybody::id)
    if (auto nobody = everybody_.opening(head, now)) page.problems.push_back(*std::move(nobody));
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

TargetTable::Counts TargetTable::counts() const {
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

void TargetTable::changed(Slot& slot) {
  if (slot.dirty) return;
  slot.dirty = true;
  dirty_.push_back(slot.target.id);
}

bool TargetTable::is_known(const Slot& slot) {
  const auto& stored = slot.state.stored;
  return stored.computed_at || stored.server.open() || stored.watch.open();
}

void TargetTable::look_first(NodeTime now) {
  first_look_.begin(now);
  for (const auto& slot : slots_)
    if (slot && !is_known(*slot)) first_look_.await(slot->target.id);
}

void TargetTable::looked_at(const Slot& slot) {
  if (is_known(slot)) first_look_.seen(slot.target.id);
}

void TargetTable::tell_first_look(NodeTime now) {
  if (everybody_.unattended() || !first_look_.take_due(now)) return;
  std::map<std::string_view, std::size_t> counts;
  for (const auto& slot : slots_)
    if (slot) ++counts[worst_of(slot->state.stored)];
  std::string found;
  for (const auto word : {fresh, data_axis.state, server_axis.state, watch_axis.state, not_known})
    if (counts[word] > 0)
      found += (found.empty() ? "" : ", ") + std::to_string(counts[word]) + " " + std::string(word);
  const auto count = ids_.size();
  ledger_.add(Kind::watching, std::to_string(count) + (count == 1 ? " server" : " servers"), found,
              false, now);
}

}  // namespace stalewatch::aggregator
