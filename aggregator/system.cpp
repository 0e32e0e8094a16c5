#include "aggregator/system.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch::aggregator {
namespace {

// After a start, or a standstill of ours, consumers have not been heard for a while; containers
// that start together need not come up together.
constexpr Duration consumers_return = std::chrono::minutes(1);

std::string why_behind(const ConsumerNews& news, NodeTime now) {
  if (!news.stuck.empty()) return news.stuck;
  return "has not taken the last " + std::to_string(news.waiting) +
         " events, the oldest of them for " + format_duration(now - news.since) +
         "; they are kept for it, its own log and /readyz say why";
}

}  // namespace

std::string forward_or_back(Duration step) {
  return (step < Duration::zero() ? "back by " : "forward by ") +
         format_duration(std::chrono::abs(step));
}

void System::restore(SavedSystem saved) {
  consumers_ = Consumers(std::move(saved.consumers));
  trouble_ = saved.trouble;
  resumed_at_ = saved.resumed_at;
}

SavedSystem System::save() const {
  return {.consumers = consumers_.save(), .trouble = trouble_, .resumed_at = resumed_at_};
}

void System::take(const input::ConfigureConsumers& configure, NodeTime now) {
  for (const auto& left : consumers_.configure(configure.names)) {
    ledger_.note("nothing is kept any more for the consumer " + escape_untrusted(left.name, 80));
    if (left.behind == 0) continue;
    Event& event =
        ledger_.add(Kind::consumer_ok, left.name, "nothing is kept for it any more", true, now);
    event.episode = left.behind;
    event.since = to_wire(left.behind_since);
  }
}

void System::take(const input::WatchConsumers& watch, NodeTime now) {
  const bool too_early = now - resumed_at_ < std::min(watch.limit, consumers_return);
  for (const auto& news : consumers_.check(watch.limit, now)) {
    if (too_early && news.stuck.empty()) continue;
    Event& event = ledger_.add(news.behind ? Kind::consumer_behind : Kind::consumer_ok, news.name,
                               news.behind ? why_behind(news, now) : "", true, now);
    event.episode = news.behind ? event.seq : consumers_.find(news.name)->behind;
    event.since = to_wire(news.since);
    consumers_.told(news.name, news.behind ? event.seq : 0, news.since);
  }
}

void System::take(const input::JournalTrouble& trouble, NodeTime now) {
  const auto& what = trouble.what;
  const bool was_open = trouble_.episode != 0;
  if (what.empty() != was_open) return;
  Event& event =
      ledger_.add(was_open ? Kind::journal_ok : Kind::journal_trouble, "journal", what, true, now);
  if (!was_open) trouble_ = {event.seq, now};
  event.episode = trouble_.episode;
  event.since = to_wire(trouble_.since);
  if (was_open) trouble_ = {};
  ledger_.changes.trouble = trouble_;
}

void System::take(const input::ClockStepped& stepped, NodeTime now) {
  ledger_.add(Kind::clock_stepped, "aggregator",
              "its wall clock went " + forward_or_back(stepped.step) + "; " + stepped.detail, true,
              now);
}

void System::shift_clock(const ClockShift& shift) {
  shift(resumed_at_);
  consumers_.shift_clock(shift);
  shift(trouble_);
  if (trouble_.episode != 0) ledger_.changes.trouble = trouble_;
}

void System::write_rows() {
  ledger_.changes.consumers_gone = consumers_.take_gone();
  ledger_.changes.consumers = consumers_.take_changed();
}

}  // namespace stalewatch::aggregator
