#include "prober/clock_pings.hpp"

#include <algorithm>

namespace stalewatch::prober {
namespace {

/// What two clocks may drift apart within ten pings, generously.
constexpr Duration drift = std::chrono::milliseconds(100);

}  // namespace

void ClockPings::add(Timestamp sent, Timestamp theirs, Timestamp received) {
  if (received < sent) return;  // not an answer to what we sent
  const Duration half = (received - sent) / 2;
  const ClockOffset seen{theirs - (sent + half), half};
  // What cannot be the same offset is a clock that was set: what was measured before says nothing
  // any more.
  if (const auto before = best())
    if (abs(seen.offset - before->offset) > seen.uncertainty + before->uncertainty + drift)
      last_.clear();
  last_.push_back(seen);
  if (last_.size() > kept) last_.pop_front();
}

std::optional<ClockOffset> ClockPings::best() const {
  if (last_.empty()) return std::nullopt;
  return *std::min_element(
      last_.begin(), last_.end(),
      [](const ClockOffset& a, const ClockOffset& b) { return a.uncertainty < b.uncertainty; });
}

}  // namespace stalewatch::prober
