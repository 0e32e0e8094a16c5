// Where in the journal an instant lies. Events are decided one after the other, but the clock that
// dates them may be set back: while the aggregator runs, or between two runs. Where that happened
// is noted when the event is written, so that what lies between two such places is in order, and is
// searched by halves.

#include "aggregator/journal/impl.hpp"
#include "aggregator/journal/schema.hpp"
#include "common/messages/wire.hpp"

#include <algorithm>
#include <sstream>

namespace stalewatch::aggregator {
namespace {

constexpr const char* note = "clock_set_back";  // in meta
// Places that are remembered; what lies before them is searched as if the clock had not been set
// back there.
constexpr std::size_t most_places = 100;

/// Nothing for one that cannot be understood.
std::optional<NodeTime> decided_at(const std::string& body) {
  Refusals refused;
  const auto event = decode<Event>(body, refused);
  return event ? std::optional(from_wire(event->decided_at)) : std::nullopt;
}

/// Numbers of the events that were decided before the one before them.
std::vector<std::int64_t> steps_back(soci::session& sql) {
  std::vector<std::int64_t> places;
  std::istringstream text(journal_meta(sql, note));
  for (std::int64_t seq = 0; text >> seq;) places.push_back(seq);
  return places;
}

}  // namespace

/// Within a transaction, before these are inserted.
void Journal::Impl::note_steps_back(const std::vector<Changes>& changes) {
  std::string body;
  sql << "SELECT body FROM events ORDER BY seq DESC LIMIT 1", soci::into(body);
  auto latest = (sql.got_data() ? decided_at(body) : std::nullopt).value_or(NodeTime::min());
  std::vector<std::int64_t> fresh;
  for (const auto& change : changes) {
    for (const auto& event : change.events) {
      const NodeTime at = from_wire(event.decided_at);
      if (at < latest) fresh.push_back(event.seq);
      latest = at;
    }
  }
  if (fresh.empty()) return;
  auto places = steps_back(sql);
  places.insert(places.end(), fresh.begin(), fresh.end());
  if (places.size() > most_places) places.erase(places.begin(), places.end() - most_places);
  std::string text;
  for (const auto seq : places) text += std::to_string(seq) + " ";
  put_journal_meta(sql, note, text);
}

/// The first numbers of the stretches in which time goes on, and the number after the last of them.
std::vector<std::int64_t> Journal::Impl::beginnings() {
  std::vector<std::int64_t> all = {number("SELECT min(seq) FROM events")};
  for (const auto seq : steps_back(sql))
    if (seq > all.back()) all.push_back(seq);
  all.push_back(head() + 1);
  return all;
}

/// Of a stretch, the newest seq that was decided by then; the one before it when none was.
std::int64_t Journal::Impl::last_by(NodeTime t, std::int64_t first, std::int64_t end) {
  std::int64_t by_then = first - 1, after = end;
  while (after - by_then > 1) {
    const std::int64_t middle = by_then + (after - by_then) / 2;
    std::int64_t seq = 0;
    std::string body;
    sql << "SELECT seq, body FROM events WHERE seq >= :m AND seq < :e ORDER BY seq LIMIT 1",
        soci::use(middle), soci::use(end), soci::into(seq), soci::into(body);
    const auto at = sql.got_data() ? decided_at(body) : std::nullopt;
    // One that cannot be understood counts as later: rather too much is shown than too little.
    if (at && *at <= t)
      by_then = seq;
    else
      after = middle;
  }
  return by_then;
}

std::int64_t Journal::Impl::head_at(NodeTime t) {
  const auto all = beginnings();
  for (auto end = all.end() - 1; end != all.begin(); --end)
    if (const auto last = last_by(t, *(end - 1), *end); last >= *(end - 1)) return last;
  return std::max<std::int64_t>(0, all.front() - 1);
}

std::int64_t Journal::Impl::head_before(NodeTime t) {
  constexpr auto just_before = std::chrono::microseconds(1);
  const auto all = beginnings();
  for (auto first = all.begin(); first + 1 != all.end(); ++first) {
    const auto last = last_by(t - just_before, *first, *(first + 1));
    const auto next = number("SELECT min(seq) FROM events WHERE seq > " + std::to_string(last));
    if (next != 0 && next < *(first + 1)) return std::max<std::int64_t>(0, last);
  }
  return all.back() - 1;
}

std::int64_t Journal::head_at(NodeTime t) {
  try {
    return impl_->head_at(t);
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "read it", e);
  }
}

}  // namespace stalewatch::aggregator
