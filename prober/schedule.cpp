#include "prober/schedule.hpp"

#include <algorithm>

namespace stalewatch::prober {

Duration phase_of(std::uint32_t target, Duration interval) {
  // Multiples of the golden ratio fill the interval more evenly than any hash: each new one falls
  // into a largest gap.
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;
  const double fraction = static_cast<double>((target * golden) >> 11) * 0x1p-53;
  return Duration{static_cast<std::int64_t>(fraction * static_cast<double>(interval.count()))};
}

Timestamp next_slot(std::uint32_t target, Duration interval, Timestamp t) {
  Duration past = (t.time_since_epoch() - phase_of(target, interval)) % interval;
  if (past < Duration::zero()) past += interval;
  return t + (interval - past);
}

void Schedule::add(std::uint32_t target, Duration interval, Timestamp now) {
  const auto [it, is_new] = slots_.try_emplace(target);
  Slot& slot = it->second;
  if (!is_new && slot.interval == interval) return;
  slot.interval = interval;
  Timestamp due = next_slot(target, interval, now);
  if (is_new) {
    const Timestamp first = std::max(now, next_first_);
    if (first < due) {
      next_first_ = first + spacing_;
      due = first;
    }
  }
  arm(target, slot, due);
}

void Schedule::remove(std::uint32_t target) { slots_.erase(target); }

std::optional<Schedule::Due> Schedule::take(Timestamp now) {
  drop_outdated();
  if (heap_.empty() || heap_.front().due > now) return std::nullopt;
  const std::uint32_t target = heap_.front().target;
  Slot& slot = slots_.find(target)->second;
  const Due due{target, slot.due, static_cast<std::uint64_t>((now - slot.due) / slot.interval)};
  arm(target, slot, next_slot(target, slot.interval, now));
  return due;
}

void Schedule::recheck(std::uint32_t target, Timestamp now) {
  const auto it = slots_.find(target);
  if (it == slots_.end() || it->second.interval <= recheck_after)
    return;  // its own slot is as soon
  arm(target, it->second, now + recheck_after);
}

std::optional<Timestamp> Schedule::next() {
  drop_outdated();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due;
}

std::size_t Schedule::overdue(Timestamp now) const {
  return static_cast<std::size_t>(
      std::count_if(heap_.begin(), heap_.end(),
                    [&](const Entry& entry) { return entry.due <= now && counts(entry); }));
}

void Schedule::arm(std::uint32_t target, Slot& slot, Timestamp due) {
  slot.due = due;
  slot.arming = ++armings_;
  heap_.push_back({due, target, slot.arming});
  std::push_heap(heap_.begin(), heap_.end(), later);
  // Outdated entries go when they come up; a flood of them (a reassignment of everything) is swept
  // out.
  if (heap_.size() > 2 * slots_.size() + 64) {
    std::erase_if(heap_, [this](const Entry& entry) { return !counts(entry); });
    std::make_heap(heap_.begin(), heap_.end(), later);
  }
}

bool Schedule::counts(const Entry& entry) const {
  const auto it = slots_.find(entry.target);
  return it != slots_.end() && it->second.arming == entry.arming;
}

void Schedule::drop_outdated() {
  while (!heap_.empty() && !counts(heap_.front())) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
}

}  // namespace stalewatch::prober
