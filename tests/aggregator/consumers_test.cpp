#include "aggregator/consumers.hpp"

#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

const std::vector<std::string> two = {"notifier", "recorder"};
constexpr Duration limit = 5min;

Consumers started(std::int64_t head = 0, std::vector<ConsumerRow> known = {}) {
  Consumers consumers(std::move(known), {{t0, head}});
  consumers.configure(two);
  return consumers;
}

/// "recorder behind", "recorder ok"
Said said(Consumers& consumers, Instant now) {
  Said texts;
  for (const auto& news : consumers.check(limit, now)) {
    texts.push_back(news.name + (news.behind ? " behind" : " ok"));
    consumers.told(news.name, news.behind ? 77 : 0, news.since);
  }
  return texts;
}

}  // namespace

TEST_CASE("a consumer is behind when an event has waited for longer than the limit",
          "[consumers]") {
  auto consumers = started();
  consumers.note_head(10, t0 + 1min);
  consumers.ack("notifier", 10, t0 + 1min);
  CHECK(said(consumers, t0 + 6min - 1us).empty());
  const auto news = consumers.check(limit, t0 + 6min);
  REQUIRE(news.size() == 1);
  CHECK(news[0].name == "recorder");
  CHECK(news[0].waiting == 10);
  CHECK(news[0].since == t0 + 1min);
}

TEST_CASE("a consumer that takes events as fast as they come, but late by less, is not behind",
          "[consumers]") {
  auto consumers = started();
  for (int minute = 1; minute < 60; ++minute) {
    consumers.note_head(minute * 10, t0 + minute * 1min);
    for (const auto& name : two)
      consumers.ack(name, std::max(0, minute - 4) * 10, t0 + minute * 1min);
    CHECK(said(consumers, t0 + minute * 1min).empty());
  }
}

TEST_CASE("behind is told once, and ok only when it has really caught up", "[consumers]") {
  auto consumers = started();
  consumers.note_head(10, t0);
  consumers.ack("notifier", 10, t0);
  CHECK(said(consumers, t0 + 10min) == Said{"recorder behind"});
  CHECK(said(consumers, t0 + 11min).empty());
  consumers.note_head(20, t0 + 11min);
  consumers.ack("notifier", 20, t0 + 11min);
  consumers.ack("recorder", 15, t0 + 11min);
  CHECK(said(consumers, t0 + 11min + 10s).empty());
  consumers.ack("recorder", 20, t0 + 12min);
  CHECK(said(consumers, t0 + 12min) == Said{"recorder ok"});
}

TEST_CASE("who never came is behind from the oldest event on; an idle system alarms nobody",
          "[consumers]") {
  auto consumers = started();
  CHECK(said(consumers, t0 + 24h).empty());
  consumers.note_head(1, t0 + 24h);
  CHECK(said(consumers, t0 + 24h + limit) == Said{"notifier behind", "recorder behind"});
}

TEST_CASE("who says that it is stuck is behind at once, in its own words, until it acknowledges",
          "[consumers]") {
  auto consumers = started();
  consumers.note_head(5, t0);
  consumers.ack("notifier", 5, t0);
  consumers.ack("recorder", 5, t0);
  CHECK_FALSE(consumers.stuck("stranger", "no table"));
  CHECK(consumers.stuck("recorder", "no table"));
  const auto news = consumers.check(limit, t0 + 1s);
  REQUIRE(news.size() == 1);
  CHECK((news[0].name == "recorder" && news[0].behind && news[0].stuck == "no table"));
  CHECK(news[0].since == t0 + 1s);
  consumers.told("recorder", 6, news[0].since);
  // Although nothing is missing there.
  CHECK(consumers.check(limit, t0 + 1min).empty());
  consumers.ack("recorder", 5, t0 + 2min);
  CHECK(said(consumers, t0 + 2min) == Said{"recorder ok"});
}

TEST_CASE("being behind survives a restart, without being told again", "[consumers]") {
  Consumers consumers({{.name = "recorder", .seq = 3, .behind = 9, .behind_since = t0 - 1h},
                       {.name = "notifier", .seq = 20}},
                      {{t0 - limit, 15}, {t0, 20}});
  CHECK(consumers.configure(two).empty());
  CHECK(said(consumers, t0).empty());
  CHECK(said(consumers, t0 + 1h).empty());
  consumers.ack("recorder", 20, t0 + 1h);
  const auto news = consumers.check(limit, t0 + 1h);
  REQUIRE(news.size() == 1);
  CHECK_FALSE(news[0].behind);
  CHECK(news[0].since == t0 - 1h);
}

TEST_CASE("what is kept follows the slowest consumer that has a place", "[consumers]") {
  auto consumers = started();
  consumers.note_head(100, t0);
  consumers.ack("notifier", 90, t0);
  CHECK(consumers.acked_by_all() == 0);
  consumers.ack("archive", 40, t0);
  consumers.ack("recorder", 95, t0);
  CHECK(consumers.acked_by_all() == 90);
  consumers.configure({"recorder"});
  CHECK(consumers.acked_by_all() == 95);
  consumers.configure({});
  CHECK(consumers.acked_by_all() == 100);
}

TEST_CASE("who comes into the configuration begins at the head, and is on disk at once",
          "[consumers]") {
  auto consumers = started(10);
  CHECK(consumers.take_changed().size() == 2);
  consumers.note_head(100, t0);
  consumers.ack("notifier", 100, t0);
  consumers.ack("recorder", 100, t0);
  consumers.configure({"notifier", "recorder", "archive"});
  CHECK(consumers.acked_by_all() == 100);
  CHECK(said(consumers, t0 + 1h).empty());
  const auto changed = consumers.take_changed();
  REQUIRE(changed.size() == 3);
  CHECK(changed[0] == ConsumerRow{.name = "archive", .seq = 100});
  consumers.note_head(110, t0 + 1h);
  CHECK(consumers.acked_by_all() == 100);
  // After a restart it is where it was, not at the head again.
  Consumers again(changed, {{t0 + 1h, 110}});
  again.configure({"notifier", "recorder", "archive"});
  CHECK(again.find("archive")->seq == 100);
  CHECK(again.take_changed().empty());
}

TEST_CASE("who leaves the configuration has no place, and is not told of", "[consumers]") {
  auto consumers = started();
  consumers.note_head(10, t0);
  consumers.ack("notifier", 10, t0);
  CHECK(said(consumers, t0 + 1h) == Said{"recorder behind"});
  const auto left = consumers.configure({"notifier"});
  REQUIRE(left.size() == 1);
  CHECK(left[0].name == "recorder");
  CHECK(left[0].behind == 77);
  CHECK(said(consumers, t0 + 2h).empty());
  CHECK(consumers.take_gone() == std::vector<std::string>{"recorder"});
  CHECK(consumers.take_changed().size() == 1);
  // Back, it begins anew.
  consumers.configure(two);
  CHECK(consumers.find("recorder")->seq == 10);
  CHECK(consumers.find("recorder")->behind == 0);
}

TEST_CASE("rows that an older version left of strangers, and of those it had forgotten, go",
          "[consumers]") {
  auto consumers = started(10, {{.name = "recorder", .seq = 3, .registered = false},
                                {.name = "forgotten", .seq = 3, .registered = false},
                                {.name = "stranger", .seq = 4},
                                {.name = "notifier", .seq = 5}});
  CHECK(consumers.take_gone() == std::vector<std::string>{"forgotten", "recorder", "stranger"});
  CHECK(consumers.rows().size() == 2);
  CHECK(consumers.find("notifier")->seq == 5);
  CHECK(consumers.find("recorder")->seq == 10);
  CHECK(consumers.take_changed().size() == 1);
}

TEST_CASE("an acknowledgement counts of a consumer with a place and a number of the journal",
          "[consumers]") {
  auto consumers = started(10);
  CHECK_FALSE(consumers.counts("recorder", 11, 10));
  CHECK_FALSE(consumers.counts("recorder", -1, 10));
  CHECK(consumers.counts("recorder", 10, 10));
  CHECK(consumers.counts("recorder", 4, 10));  // its database was restored from a copy
  CHECK_FALSE(consumers.counts("stranger", 4, 10));
  consumers.ack("recorder", 10, t0);
  consumers.ack("recorder", 4, t0);
  CHECK(consumers.find("recorder")->seq == 4);
  for (int i = 0; i < 1000; ++i) consumers.ack("x" + std::to_string(i), 1, t0);
  CHECK(consumers.rows().size() == 2);
}

TEST_CASE("the core tells of a consumer that is behind, in one episode", "[consumers]") {
  Bench bench;
  bench.core().apply(input::ConfigureConsumers{two}, t0);
  bench.core().apply(input::Published{5}, t0);
  bench.core().apply(input::Acked{"notifier", 5}, t0);
  bench.core().apply(input::WatchConsumers{limit}, t0 + limit);
  auto changes = bench.core().take_changes();
  REQUIRE(changes.events.size() == 1);
  const auto opening = changes.events[0];
  CHECK(opening.kind == Kind::consumer_behind);
  CHECK(opening.name == "recorder");
  CHECK(opening.episode == opening.seq);
  CHECK(opening.notify);
  CHECK(opening.db_save);
  REQUIRE(changes.consumers.size() == 2);
  CHECK(changes.consumers[1].behind == opening.seq);
  SECTION("caught up") {
    bench.core().apply(input::Acked{"recorder", 5}, t0 + 1h);
    bench.core().apply(input::WatchConsumers{limit}, t0 + 1h);
  }
  SECTION("left the configuration") {
    bench.core().apply(input::ConfigureConsumers{{"notifier"}}, t0 + 1h);
  }
  changes = bench.core().take_changes();
  REQUIRE(changes.events.size() == 1);
  CHECK(changes.events[0].kind == Kind::consumer_ok);
  CHECK(changes.events[0].name == "recorder");
  CHECK(changes.events[0].episode == opening.seq);
  CHECK(changes.events[0].since == opening.since);
  const bool gone = changes.consumers_gone == std::vector<std::string>{"recorder"};
  CHECK((gone || changes.consumers.at(0).behind == 0));
}

TEST_CASE("what an older version told of a stranger is closed at the start", "[consumers]") {
  Bench bench({server()}, t0,
              {.consumers = {{.name = "ghost", .seq = 2, .behind = 7, .behind_since = t0 - 1h}},
               .next_seq = 10});
  bench.core().apply(input::ConfigureConsumers{two}, t0);
  const auto changes = bench.core().take_changes();
  REQUIRE(changes.events.size() == 1);
  CHECK(changes.events[0].kind == Kind::consumer_ok);
  CHECK(changes.events[0].name == "ghost");
  CHECK(changes.events[0].episode == 7);
  CHECK(changes.events[0].since == t0 - 1h);
  CHECK(changes.events[0].notify);
  CHECK(changes.consumers_gone == std::vector<std::string>{"ghost"});
  CHECK(changes.consumers.size() == 2);
}

TEST_CASE("after a standstill consumers have time to say how far they are", "[consumers]") {
  Bench bench;
  bench.core().apply(input::ConfigureConsumers{two}, t0);
  bench.core().apply(input::Published{5}, t0);
  const auto back = t0 + 1h;
  bench.core().apply(input::Resume{}, back);
  bench.core().apply(input::WatchConsumers{limit}, back + 1min - 1us);
  CHECK(bench.core().take_changes().events.empty());
  SECTION("who was only not heard is not behind") {
    for (const auto& name : two) bench.core().apply(input::Acked{name, 5}, back + 30s);
    bench.core().apply(input::WatchConsumers{limit}, back + 1min);
    CHECK(bench.core().take_changes().events.empty());
  }
  SECTION("who does not come is") {
    bench.core().apply(input::WatchConsumers{limit}, back + 1min);
    CHECK(bench.core().take_changes().events.size() == 2);
  }
}
