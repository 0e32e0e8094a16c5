#include "notifier/intake.hpp"

#include "common/messages/names.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace stalewatch::notifier {
namespace {

/// A line of the terminal has room for so many; `stalewatch owed` lists them all.
constexpr std::size_t numbers_listed = 10;

/// The kind that closes what `opening` opens.
Kind closing_of(Kind opening) {
  for (std::size_t i = 0; i < known_kinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (role_of(kind) == Role::closes && opening_of(kind) == opening && kind != opening)
      return kind;
  }
  return opening;
}

/// Problems by what they are of, and not by their episodes, which are one journal's.
class Problems {
 public:
  explicit Problems(const std::vector<Event>& openings) {
    for (const auto& opening : openings) known_.insert(subject_of(opening));
  }
  bool contain(const Event& event) const { return known_.contains(subject_of(event)); }

 private:
  using Subject = std::array<std::string, 3>;
  static Subject subject_of(const Event& e) {
    return {std::string(problem_of(e.kind)), e.target, e.target.empty() ? e.name : ""};
  }
  std::set<Subject> known_;
};

Event closed_meanwhile(const Event& opening, const std::string& why, Timestamp now) {
  Event e;
  e.episode = opening.episode;
  e.kind = closing_of(opening.kind);
  e.target = opening.target;
  e.name = opening.name;
  e.address = opening.address;
  e.at = e.decided_at = now;
  e.since = opening.since.value_or(opening.at);
  e.detail = why;
  e.notify = opening.notify;
  return e;
}

std::string events_of(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " event" : " events");
}

/// ": #12, #15 and 3 more", as far as they have numbers.
std::string numbers_of(const std::vector<Event>& events) {
  std::string text;
  std::size_t listed = 0, numbered = 0;
  for (const auto& e : events) {
    if (e.seq == 0) continue;
    if (++numbered > numbers_listed) continue;
    text += (listed++ ? ", #" : ": #") + std::to_string(e.seq);
  }
  if (numbered > listed) text += " and " + std::to_string(numbered - listed) + " more";
  return text;
}

Event own_event(Kind kind, std::string name, std::string detail, Timestamp now) {
  Event e;
  e.kind = kind;
  e.name = std::move(name);
  e.at = e.decided_at = now;
  e.detail = std::move(detail);
  return e;
}

}  // namespace

std::vector<Entry> route(const std::vector<Event>& events, const std::vector<Receiver>& receivers) {
  std::vector<Entry> entries;
  for (const auto& event : events) {
    if (event.inhibited) continue;
    const auto role = role_of(event.kind);
    for (const auto& receiver : receivers) {
      const bool knows_it = event.seq > 0 && event.seq <= receiver.from;
      if (knows_it) continue;
      if (!receiver.wants(event)) {
        if (event.kind == Kind::retired)
          entries.push_back({std::string(receiver.name), Note::event, event, false, true});
        continue;
      }
      if (receiver.crowded && event.kind == Kind::updated) continue;
      const bool overtakes = receiver.folds && (role == Role::reminds || role == Role::closes);
      entries.push_back({std::string(receiver.name), Note::event, event, overtakes});
    }
  }
  return entries;
}

std::vector<Entry> digest(const Receiver& receiver, const std::vector<Event>& problems,
                          Timestamp now) {
  std::vector<Entry> entries;
  for (const auto& problem : problems)
    if (receiver.wants(problem))
      entries.push_back({std::string(receiver.name), Note::already_open, problem});
  if (entries.empty()) {
    Event nothing;
    nothing.at = nothing.decided_at = now;
    entries.push_back({std::string(receiver.name), Note::nothing_open, nothing});
  }
  return entries;
}

Settled settle_journal_change(const Receiver& receiver, const std::vector<Event>& told,
                              const OpenProblems& open, Timestamp now) {
  Settled settled;
  const Problems still(open.problems), known(told);
  for (const auto& opening : told) {
    if (opening.kind == Kind::aggregator_lost || still.contain(opening)) continue;
    if (open.complete)
      settled.entries.push_back(
          {std::string(receiver.name), Note::event,
           closed_meanwhile(opening, "not open in the aggregator's new journal", now),
           receiver.folds});
    else
      settled.still_open.push_back(opening);
  }
  for (const auto& problem : open.problems) {
    if (known.contain(problem))
      settled.still_open.push_back(problem);
    else if (receiver.wants(problem))
      settled.entries.push_back({std::string(receiver.name), Note::already_open, problem});
  }
  return settled;
}

std::vector<Entry> settle_return(const Receiver& receiver, const std::vector<Event>& told,
                                 const OpenProblems& open, bool aggregator_is_lost, Timestamp now) {
  std::vector<Entry> entries;
  const Problems still(open.problems);
  for (const auto& opening : told) {
    const bool lasts = opening.kind == Kind::aggregator_lost
                           ? aggregator_is_lost
                           : !open.complete || still.contain(opening);
    if (!lasts)
      entries.push_back({std::string(receiver.name), Note::event,
                         closed_meanwhile(opening, "it ended while nothing was told here", now),
                         receiver.folds});
  }
  return entries;
}

Event journal_changed(std::int64_t seq, Timestamp now) {
  auto e = own_event(
      Kind::gap, "notifier",
      "the aggregator has another journal; starting over after its event " + std::to_string(seq),
      now);
  e.notify = true;
  return e;
}

Event events_missing(const EventGap& gap, Timestamp now) {
  auto e = own_event(Kind::gap, "notifier",
                     "events " + std::to_string(gap.first) + " to " + std::to_string(gap.last) +
                         (gap.unreadable ? " could not be understood"
                                         : " were no longer in the aggregator's journal"),
                     now);
  e.notify = true;
  return e;
}

Event updates_left_out(std::string_view sink, std::int64_t count, Timestamp now) {
  return own_event(
      Kind::gap, std::string(sink),
      std::to_string(count) + " updates are left out there: it took nothing for too long", now);
}

Event sink_trouble(std::string_view sink, const std::string& why,
                   const std::vector<Event>& set_aside, std::int64_t waiting, Timestamp now) {
  auto detail = why;
  if (!set_aside.empty())
    detail += "; " + events_of(static_cast<std::int64_t>(set_aside.size())) +
              " set aside, not to be tried there again" + numbers_of(set_aside);
  if (waiting > 0) detail += "; " + events_of(waiting) + " waiting until it takes messages again";
  return own_event(Kind::undeliverable, std::string(sink), detail, now);
}

}  // namespace stalewatch::notifier
