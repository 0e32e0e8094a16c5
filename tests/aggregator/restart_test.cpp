#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;

TEST_CASE("a restart repeats no first alarm and keeps the reminder grid", "[restart]") {
  Bench before;
  before.ok(t0, t0 - 20min);
  before.ok(t0 + 100s, t0 - 20min);
  CHECK(before.said() == Said{"stale @0 e1 chat"});
  SECTION("down for less than an interval") {
    auto after = before.restarted(t0 + 120s);
    after.ok(t0 + 130s, t0 - 20min);
    for (int i = 0; i < 6; ++i) after.ok(t0 + 160s + i * 30s, t0 - 20min);
    CHECK(after.said() == Said{"still_stale @300 e1 k1 chat"});
  }
  SECTION("down over three reminders: they are one, late") {
    auto after = before.restarted(t0 + 1000s);
    after.until(t0 + 1001s);
    CHECK(after.said() == Said{});
    after.ok(t0 + 1002s, t0 - 20min);
    after.until(t0 + 1003s);
    CHECK(after.said() == Said{"still_stale @900 e1 k3 late chat"});
  }
  SECTION("the problem ended meanwhile: closed, and not reminded of first") {
    auto after = before.restarted(t0 + 1000s);
    after.until(t0 + 1009s);
    after.ok(t0 + 1010s, t0 + 990s);
    CHECK(after.said() == Said{"updated @1010", "fresh_again @1010 e1 chat"});
  }
  SECTION("a reminder that falls due before the first sample comes at its own instant") {
    auto after = before.restarted(t0 + 290s);
    after.until(t0 + 300s);
    CHECK(after.said() == Said{"still_stale @300 e1 k1 chat"});
  }
  SECTION("nobody looks after it either: that is told instead") {
    auto after = before.restarted(t0 + 1000s);
    after.until(t0 + 1000s + 180s);
    CHECK(after.said() == Said{"not_watched @1180 e2 chat"});
  }
}

TEST_CASE("a restart makes no update of what was known", "[restart]") {
  Bench before;
  before.ok(t0, t0 - 20s);
  before.ok(t0 + 60s, t0 + 50s);
  (void)before.said();
  auto after = before.restarted(t0 + 90s);
  after.ok(t0 + 91s, t0 + 50s);
  CHECK(after.said() == Said{});
  after.ok(t0 + 120s, t0 + 119s);
  CHECK(after.said() == Said{"updated @120"});
  CHECK(after.all().back().previous_computed_at == t0 + 50s);
}

TEST_CASE("what went stale while the aggregator was away is not cried before the first sample",
          "[restart]") {
  Bench before;
  before.ok(t0, t0 - 14min);  // stale at 60 s
  auto after = before.restarted(t0 + 600s);
  after.until(t0 + 605s);
  CHECK(after.said() == Said{});
  SECTION("renewed meanwhile: began and ended, told late, not in chat") {
    after.ok(t0 + 610s, t0 + 590s);
    CHECK(after.said() ==
          Said{"stale @60+1us e1 late", "updated @610", "fresh_again @610 e1 late"});
  }
  SECTION("still the same: announced once") {
    after.ok(t0 + 610s, t0 - 14min);
    CHECK(after.said() == Said{"stale @60+1us e1 chat"});
  }
  SECTION("no sample at all: not watched comes first, the staleness is inhibited") {
    after.until(t0 + 600s + 180s);
    CHECK(after.said() == Said{"not_watched @780 e1 chat", "stale @60+1us e2 inhibited"});
  }
}

TEST_CASE("after a restart, a deadline that lies ahead fires at its own instant", "[restart]") {
  Bench before;
  before.ok(t0, t0 - 14min);
  auto after = before.restarted(t0 + 10s);
  after.ok(t0 + 20s, t0 - 14min);
  after.until(t0 + 60s);
  CHECK(after.said() == Said{});
  after.until(t0 + 60s + 1us);
  CHECK(after.said() == Said{"stale @60+1us e1 chat"});
}

TEST_CASE("targets that leave are retired, closing what was told", "[reload]") {
  Bench bench({server("A"), server("B"), server("C")});
  bench.sample(t0, {.computed_at = t0 - 1h}, "p1", "A");
  bench.sample(t0, {.computed_at = t0}, "p1", "B");
  bench.sample(t0, {.computed_at = t0}, "p1", "C");
  (void)bench.said();
  SECTION("one of many") {
    bench.configure({server("B"), server("C")});
    CHECK(bench.said() == Said{"retired @0 e1 chat"});
    CHECK(*bench.all().back().detail == "left the configuration while stale");
  }
  SECTION("more than half at once is one message") {
    bench.configure({server("C")});
    CHECK(bench.said() == Said{"retired @0 e1", "retired @0", "retired @0 chat"});
    CHECK(bench.all().back().name == "configuration");
    CHECK(*bench.all().back().detail == "2 targets left the configuration: A, B");
  }
  SECTION("more than half at once, of which chat is owed nothing but a closing that waits") {
    auto quiet = server("A");
    quiet.notification = false;
    quiet.recover_after = 2;
    bench.configure({quiet, server("B"), server("C")});
    bench.sample(t0 + 1s, {.outcome = Outcome::dns, .streak = 2}, "p1", "A");
    bench.sample(t0 + 2s, {.computed_at = t0 + 1s}, "p1", "A");
    CHECK(bench.said() == Said{"failing @1 e2", "updated @2", "fresh_again @2 e1 inhibited"});
    bench.configure({server("C")});
    CHECK(bench.said() == Said{"retired @2 e2", "retired @2 e1", "retired @2", "retired @2 chat"});
  }
  SECTION("a changed address is another target") {
    auto moved = server("A");
    moved.address += "/v2";
    bench.configure({moved, server("B"), server("C")});
    CHECK(bench.said() == Said{"retired @0 e1 chat"});
    bench.sample(t0 + 1s, {.computed_at = t0}, "p1", "A");
    CHECK(bench.said() == Said{});
  }
  SECTION("notification turned off meanwhile: what chat was told is closed there all the same") {
    auto quiet = server("A");
    quiet.notification = false;
    bench.configure({quiet, server("B"), server("C")});
    bench.sample(t0 + 1s, {.computed_at = t0}, "p1", "A");
    CHECK(bench.said() == Said{"updated @1", "fresh_again @1 e1 chat"});
  }
  SECTION("a higher threshold ends the staleness and says why") {
    auto patient = server("A");
    patient.threshold = 2h;
    bench.configure({patient, server("B"), server("C")});
    CHECK(bench.said() == Said{"fresh_again @0 e1 chat"});
    CHECK(*bench.all().back().detail == "the limit is now 2h");
  }
  SECTION("a changed msg_interval makes a new grid from the same anchor") {
    auto often = server("A");
    often.msg_interval = 20s;
    for (int i = 1; i <= 3; ++i) bench.sample(t0 + i * 30s, {.computed_at = t0 - 1h}, "p1", "A");
    bench.configure({often, server("B"), server("C")});
    bench.until(t0 + 121s);
    CHECK(bench.said() == Said{"still_stale @100 e1 k5 chat", "still_stale @120 e1 k6 chat"});
  }
}

TEST_CASE("a stored state survives its encoding", "[restart]") {
  StoredState state;
  state.data = {.episode = 7,
                .since = t0,
                .announced = true,
                .notified = true,
                .anchor = t0 + 1s,
                .grid = 5min};
  state.server_owed = Problem{.episode = 5, .reason = "dns"};
  state.computed_at = t0;
  state.views = {{"p1", t0 - 1s}};
  const auto back = decode_state(encode_state(state));
  REQUIRE(back);
  CHECK(*back == state);
  CHECK_FALSE(decode_state("rubbish"));
}
