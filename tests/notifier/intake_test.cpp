#include "notifier/intake.hpp"

#include "make_event.hpp"
#include "notifier/watchdog.hpp"
#include "tests/catch.hpp"

namespace stalewatch::notifier {
namespace {

const Receiver terminal{"terminal", [](const Event&) { return true; }, false, 0};
const Receiver chat{"rocketchat", [](const Event& e) { return e.notify; }, true, 0};

std::vector<std::string> to(const Event& event, std::int64_t chat_from = 0) {
  auto late_chat = chat;
  late_chat.from = chat_from;
  std::vector<std::string> sinks;
  for (const auto& entry : route({event}, {terminal, late_chat})) sinks.push_back(entry.sink);
  return sinks;
}

TEST_CASE(
    "chat takes what the aggregator wants notified, the others everything that is not inhibited",
    "[notifier]") {
  using Sinks = std::vector<std::string>;
  auto e = make_event(Kind::stale, 5, 5, ten);
  CHECK(to(e) == Sinks{"terminal", "rocketchat"});
  e.notify = false;
  CHECK(to(e) == Sinks{"terminal"});
  e.notify = true;
  e.inhibited = true;
  CHECK(to(e).empty());
  e.inhibited = false;
  CHECK(to(e, 4) == Sinks{"terminal", "rocketchat"});
  CHECK(to(e, 5) == Sinks{"terminal"});  // its digest told of it
  e.seq = 0;                             // the notifier's own are in no digest
  CHECK(to(e, 5) == Sinks{"terminal", "rocketchat"});
}

TEST_CASE("a sink for which too much waits gets no updates, and all problems", "[notifier]") {
  auto crowded = terminal;
  crowded.crowded = true;
  CHECK(route({make_event(Kind::updated, 5, ten)}, {crowded, terminal}).size() == 1);
  CHECK(route({make_event(Kind::stale, 6, 6, ten)}, {crowded, terminal}).size() == 2);
}

TEST_CASE("a reminder or closing takes the place of reminders that wait, in chat only",
          "[notifier]") {
  for (const auto& [kind, replaces] :
       {std::pair{Kind::stale, false}, {Kind::still_stale, true}, {Kind::fresh_again, true}}) {
    const auto entries = route({make_event(kind, 6, 5, ten)}, {terminal, chat});
    REQUIRE(entries.size() == 2);
    CHECK_FALSE(entries[0].replaces_reminders);
    CHECK(entries[1].replaces_reminders == replaces);
  }
}

TEST_CASE("a new sink begins with what is open for it, or with a line that nothing is",
          "[notifier]") {
  auto silent = make_event(Kind::stale, 5, 5, ten);
  silent.notify = false;
  CHECK(digest(terminal, {silent}, ten)[0].note == Note::already_open);
  const auto nothing = digest(chat, {silent}, ten);
  REQUIRE(nothing.size() == 1);
  CHECK(nothing[0].note == Note::nothing_open);
  CHECK(nothing[0].event.at == ten);
}

TEST_CASE("in another journal, what is not open any more is closed and what is open goes on",
          "[notifier]") {
  const auto told = std::vector{make_event(Kind::stale, 5, 5, ten, "A"),
                                make_event(Kind::failing, 6, 6, ten, "B"),
                                make_event(Kind::aggregator_lost, 0, ten, "aggregator")};
  const auto open = std::vector{make_event(Kind::failing, 2, 2, ten, "B"),
                                make_event(Kind::stale, 3, 3, ten, "C")};
  auto settled = settle_journal_change(chat, told, {.problems = open}, ten + 1h);
  REQUIRE(settled.entries.size() == 2);
  CHECK(settled.entries[0].event.kind == Kind::fresh_again);
  CHECK(settled.entries[0].event.name == "A");
  CHECK(settled.entries[0].event.since == ten);
  CHECK(settled.entries[1].note == Note::already_open);
  CHECK(settled.entries[1].event.name == "C");
  REQUIRE(settled.still_open.size() == 1);
  CHECK(settled.still_open[0].seq == 2);
  // What a list that is cut lacks may be open all the same.
  settled = settle_journal_change(chat, told, {.problems = open, .complete = false}, ten + 1h);
  REQUIRE(settled.entries.size() == 1);
  CHECK(settled.entries[0].event.name == "C");
  REQUIRE(settled.still_open.size() == 2);
  CHECK(settled.still_open[0].name == "A");
}

TEST_CASE("a sink that comes back is told the end of what it had told, unless that may be open",
          "[notifier]") {
  const auto told = std::vector{make_event(Kind::stale, 5, 5, ten, "A"),
                                make_event(Kind::failing, 6, 6, ten, "B")};
  const auto open = std::vector{make_event(Kind::failing, 6, 6, ten, "B")};
  const auto closed = settle_return(chat, told, {.problems = open}, false, ten + 1h);
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].event.name == "A");
  CHECK(settle_return(chat, told, {.problems = open, .complete = false}, false, ten + 1h).empty());
}

TEST_CASE("an aggregator that is silent for ten seconds is told once, and once when it is back",
          "[notifier]") {
  const SteadyTime start{1h};
  const auto at = [&](Duration d) { return Now{start + d, ten + d}; };
  Watchdog dog(start, std::nullopt);
  std::optional<SteadyTime> beat;
  std::vector<std::pair<Duration, Event>> told;
  for (Duration t = 0s; t <= 60s; t += 1s) {
    if (t <= 5s || t >= 40s) beat = start + t;
    if (auto event = dog.step(beat, at(t))) told.emplace_back(t, *event);
  }
  REQUIRE(told.size() == 2);
  CHECK(told[0].first == 15s);
  CHECK(told[0].second.kind == Kind::aggregator_lost);
  CHECK(told[0].second.since == ten + 5s);
  CHECK(told[0].second.notify);
  CHECK(told[1].first == 40s);
  CHECK(told[1].second.kind == Kind::aggregator_back);
  CHECK(told[1].second.since == ten + 5s);
}

TEST_CASE("an aggregator that never came is told, and one told before a restart comes back",
          "[notifier]") {
  const SteadyTime start{1h};
  Watchdog fresh(start, std::nullopt);
  for (Duration t = 0s; t < 10s; t += 1s)
    CHECK_FALSE(fresh.step(std::nullopt, {start + t, ten + t}));
  const auto lost = fresh.step(std::nullopt, {start + 10s, ten + 10s});
  REQUIRE(lost);
  Watchdog restarted(start, lost);
  CHECK_FALSE(restarted.step(std::nullopt, {start + 1s, ten + 11s}));
  const auto back = restarted.step(start + 2s, {start + 2s, ten + 12s});
  REQUIRE(back);
  CHECK(back->since == ten);
}

TEST_CASE("a notifier that was stopped itself does not call the aggregator lost", "[notifier]") {
  const SteadyTime start{1h};
  Watchdog dog(start, std::nullopt);
  CHECK_FALSE(dog.step(start, {start, ten}));
  CHECK_FALSE(dog.step(start, {start + 1h, ten + 1h}));
  CHECK_FALSE(dog.step(start, {start + 1h + 2s, ten + 1h + 2s}));
}

}  // namespace
}  // namespace stalewatch::notifier
