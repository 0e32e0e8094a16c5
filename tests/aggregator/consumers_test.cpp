#include "aggregator/consumers.hpp"

#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

const std::vector<std::string> two = {"notifier", "recorder"};
constexpr Duration limit = 5min;

Consumers started(std::int64_t head = 0) { return {{}, two, {{t0, head}}}; }

/// "recorder behind", "recorder ok"
Said said(Consumers& consumers, Timestamp now) {
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
  REQUIRE(consumers.ack("notifier", 10, t0 + 1min));
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

TEST_CASE("being behind survives a restart, without being told again", "[consumers]") {
  Consumers consumers({{.name = "recorder", .seq = 3, .behind = 9, .behind_since = t0 - 1h},
                       {.name = "notifier", .seq = 20}},
                      two, {{t0 - limit, 15}, {t0, 20}});
  CHECK(said(consumers, t0).empty());
  CHECK(said(consumers, t0 + 1h).empty());
  consumers.ack("recorder", 20, t0 + 1h);
  const auto news = consumers.check(limit, t0 + 1h);
  REQUIRE(news.size() == 1);
  CHECK_FALSE(news[0].behind);
  CHECK(news[0].since == t0 - 1h);
}

TEST_CASE("what is kept follows the slowest registered consumer", "[consumers]") {
  auto consumers = started();
  consumers.note_head(100, t0);
  consumers.ack("notifier", 90, t0);
  CHECK(consumers.acked_by_all() == 0);
  CHECK(consumers.forget("recorder"));
  CHECK_FALSE(consumers.forget("recorder"));
  CHECK_FALSE(consumers.forget("nobody"));
  CHECK(consumers.acked_by_all() == 90);
  consumers.ack("archive", 40, t0);
  CHECK(consumers.acked_by_all() == 40);
  consumers.ack("recorder", 10, t0);
  CHECK(consumers.acked_by_all() == 10);
  for (const auto* name : {"archive", "notifier", "recorder"}) consumers.forget(name);
  CHECK(consumers.acked_by_all() == 100);
}

TEST_CASE("who was forgotten is not told of, until it comes again", "[consumers]") {
  auto consumers = started();
  consumers.forget("recorder");
  consumers.note_head(10, t0);
  consumers.ack("notifier", 10, t0);
  CHECK(said(consumers, t0 + 1h).empty());
  // The same after a restart.
  Consumers again(consumers.take_changed(), two, {{t0, 10}});
  CHECK(again.acked_by_all() == 10);
}

TEST_CASE("numbers that the journal does not have, and names without end, do not count",
          "[consumers]") {
  auto consumers = started(10);
  CHECK_FALSE(consumers.ack("recorder", 11, t0));
  CHECK_FALSE(consumers.ack("recorder", -1, t0));
  CHECK(consumers.ack("recorder", 10, t0));
  CHECK(consumers.ack("recorder", 4, t0));  // its database was restored from a copy
  CHECK(consumers.find("recorder")->seq == 4);
  for (int i = 0; i < 1000; ++i) consumers.ack("x" + std::to_string(i), 1, t0);
  CHECK(consumers.rows().size() == Consumers::most);
}

TEST_CASE("the core tells of a consumer that is behind, in one episode", "[consumers]") {
  Bench bench;
  bench.core().published(5, t0);
  bench.core().ack("notifier", 5, t0);
  bench.core().watch_consumers(limit, t0 + limit);
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
    bench.core().ack("recorder", 5, t0 + 1h);
    bench.core().watch_consumers(limit, t0 + 1h);
  }
  SECTION("forgotten") { CHECK(bench.core().forget("recorder", t0 + 1h)); }
  changes = bench.core().take_changes();
  REQUIRE(changes.events.size() == 1);
  CHECK(changes.events[0].kind == Kind::consumer_ok);
  CHECK(changes.events[0].episode == opening.seq);
  CHECK(changes.consumers.at(0).behind == 0);
}

TEST_CASE("after a standstill consumers have time to say how far they are", "[consumers]") {
  Bench bench;
  bench.core().published(5, t0);
  const auto back = t0 + 1h;
  bench.core().resume(back);
  bench.core().watch_consumers(limit, back + 1min - 1us);
  CHECK(bench.core().take_changes().events.empty());
  SECTION("who was only not heard is not behind") {
    for (const auto& name : two) bench.core().ack(name, 5, back + 30s);
    bench.core().watch_consumers(limit, back + 1min);
    CHECK(bench.core().take_changes().events.empty());
  }
  SECTION("who does not come is") {
    bench.core().watch_consumers(limit, back + 1min);
    CHECK(bench.core().take_changes().events.size() == 2);
  }
}
