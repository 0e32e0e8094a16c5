// The core's part that is about the system itself: its consumers and its journal.

#include "aggregator/core.hpp"
#include "common/base/text.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

// After a start, or a standstill of ours, consumers have not been heard for a while; containers
// that start together need not come up together.
constexpr Duration consumers_return = std::chrono::minutes(1);

std::string why_behind(const ConsumerNews& news, Timestamp now) {
  if (!news.stuck.empty()) return news.stuck;
  return "has not taken the last " + std::to_string(news.waiting) +
         " events, the oldest of them for " + format_duration(now - news.since) +
         "; they are kept for it, its own log and /readyz say why";
}

}  // namespace

void Core::configure_consumers(const std::vector<std::string>& names, Timestamp now) {
  for (const auto& left : consumers_.configure(names)) {
    changes_.notes.push_back("nothing is kept any more for the consumer " +
                             escape_untrusted(left.name, 80));
    if (left.behind == 0) continue;
    auto& event =
        system_event(Kind::consumer_ok, left.name, "nothing is kept for it any more", true, now);
    event.episode = left.behind;
    event.since = left.behind_since;
  }
}

void Core::watch_consumers(Duration limit, Timestamp now) {
  const bool too_early = now - resumed_at_ < std::min(limit, consumers_return);
  for (const auto& news : consumers_.check(limit, now)) {
    if (too_early && news.stuck.empty()) continue;
    const auto episode = news.behind ? next_seq_ : consumers_.find(news.name)->behind;
    system_event(news.behind ? Kind::consumer_behind : Kind::consumer_ok, news.name,
                 news.behind ? why_behind(news, now) : "", true, now);
    auto& event = decisions_.events.back();
    event.episode = episode;
    event.since = news.since;
    consumers_.told(news.name, news.behind ? episode : 0, news.since);
  }
}

void Core::journal_trouble(const std::string& what, Timestamp now) {
  const bool was_open = trouble_.episode != 0;
  if (what.empty() == !was_open) return;
  if (!was_open) trouble_ = {next_seq_, now};
  system_event(was_open ? Kind::journal_ok : Kind::journal_trouble, "journal", was_open ? "" : what,
               true, now);
  auto& event = decisions_.events.back();
  event.episode = trouble_.episode;
  event.since = trouble_.since;
  if (was_open) trouble_ = {};
  changes_.trouble = trouble_;
}

}  // namespace stalewatch::aggregator
