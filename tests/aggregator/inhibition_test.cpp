#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

void keep_failing(Bench& bench, Instant from, Instant end) {
  std::uint32_t streak = 2;
  for (Instant t = from; t <= end; t += 30s) bench.fail(t, streak++);
}

}  // namespace

TEST_CASE("one failure among good answers is nothing", "[server]") {
  Bench bench;
  bench.ok(t0, t0);
  bench.fail(t0 + 10s, 1);
  bench.ok(t0 + 15s, t0);
  CHECK(bench.said() == Said{});
}

TEST_CASE("failing after failure_threshold, with since, reason and detail; answering again",
          "[server]") {
  Bench bench;
  bench.ok(t0, t0);
  bench.fail(t0 + 10s, 1);
  bench.sample(t0 + 15s, {.outcome = Outcome::connect,
                          .streak = 2,
                          .since = t0 + 10s,
                          .detail = "connection refused"});
  CHECK(bench.said() == Said{"failing @15 e1 chat"});
  const auto& event = bench.all().back();
  CHECK(event.since == t0 + 10s);
  CHECK(*event.reason == "connect");
  CHECK(*event.detail == "connection refused");
  CHECK(event.age == Duration(15s));
  bench.ok(t0 + 20s, t0);
  CHECK(bench.said() == Said{"answering_again @20 e1 chat"});
}

TEST_CASE("a target that never answered is failing, and nothing is said of its data", "[server]") {
  Bench bench;
  bench.fail(t0, 2);
  bench.until(t0 + 20s);
  CHECK(bench.said() == Said{"failing @0 e1 chat"});
  CHECK_FALSE(bench.all().back().age);
}

TEST_CASE("a changing reason is no event; the reminder carries the current one", "[server]") {
  Bench bench;
  bench.fail(t0, 2, Outcome::timeout);
  for (std::uint32_t i = 1; i <= 10; ++i)
    bench.sample(t0 + i * 30s,
                 {.outcome = Outcome::dns, .streak = 2 + i, .detail = "no such host"});
  CHECK(bench.said() == Said{"failing @0 e1 chat", "still_failing @300 e1 k1 chat"});
  CHECK(*bench.all().back().reason == "dns");
  CHECK(*bench.all().back().detail == "no such host");
}

TEST_CASE("recover_after asks for several good answers", "[server]") {
  auto strict = server();
  strict.recover_after = 3;
  Bench bench({strict});
  bench.fail(t0, 2);
  bench.ok(t0 + 1s, t0, 1);
  bench.ok(t0 + 2s, t0, 2);
  CHECK(bench.said() == Said{"failing @0 e1 chat"});
  bench.ok(t0 + 3s, t0, 3);
  CHECK(bench.said() == Said{"answering_again @3 e1 chat"});
}

TEST_CASE("stale while failing: told when the server answers again and the data are still old",
          "[inhibition]") {
  Bench bench;
  bench.ok(t0, t0 - 14min);
  keep_failing(bench, t0 + 30s, t0 + 120s);
  CHECK(bench.said() == Said{"failing @30 e1 chat", "stale @60+1us e2 inhibited"});
  bench.ok(t0 + 150s, t0 - 14min);
  CHECK(bench.said() == Said{"answering_again @150 e1 chat", "stale @150 e2 announced chat"});
  bench.ok(t0 + 160s, t0 + 155s);
  CHECK(bench.said() == Said{"updated @160", "fresh_again @160 e2 chat"});
}

TEST_CASE("stale while failing, both ending together: the staleness is never told",
          "[inhibition]") {
  Bench bench;
  bench.ok(t0, t0 - 14min);
  keep_failing(bench, t0 + 30s, t0 + 120s);
  (void)bench.said();
  bench.ok(t0 + 150s, t0 + 149s);
  CHECK(bench.said() ==
        Said{"answering_again @150 e1 chat", "updated @150", "fresh_again @150 e2 inhibited"});
}

TEST_CASE("failing while stale: reminders of the staleness pause, and come back on the old grid",
          "[inhibition]") {
  Bench bench;
  bench.ok(t0, t0 - 15min - 1us);  // stale at once; reminders at 300, 600, 900 ...
  keep_failing(bench, t0 + 30s, t0 + 720s);
  CHECK(bench.said() == Said{"stale @0 e1 chat", "failing @30 e2 chat",
                             "still_failing @330 e2 k1 chat", "still_failing @630 e2 k2 chat"});
  SECTION("still stale on return: the missed reminders are one, late, then the grid again") {
    bench.ok(t0 + 750s, t0 - 15min - 1us);
    CHECK(bench.said() == Said{"answering_again @750 e2 chat", "still_stale @600 e1 k2 late chat"});
    for (int i = 1; i <= 6; ++i) bench.ok(t0 + 750s + i * 30s, t0 - 15min - 1us);
    CHECK(bench.said() == Said{"still_stale @900 e1 k3 chat"});
  }
  SECTION("fresh on return: one story, both closed") {
    bench.ok(t0 + 750s, t0 + 740s);
    CHECK(bench.said() ==
          Said{"answering_again @750 e2 chat", "updated @750", "fresh_again @750 e1 chat"});
  }
}

TEST_CASE("a staleness that ends while still inhibited gets its closing when the inhibition ends",
          "[inhibition]") {
  auto strict = server();
  strict.recover_after = 2;
  Bench bench({strict});
  bench.ok(t0, t0 - 20min);
  bench.fail(t0 + 30s, 2);
  bench.ok(t0 + 60s, t0 + 59s, 1);
  CHECK(bench.said() == Said{"stale @0 e1 chat", "failing @30 e2 chat", "updated @60",
                             "fresh_again @60 e1 inhibited"});
  bench.ok(t0 + 70s, t0 + 59s, 2);
  CHECK(bench.said() == Said{"answering_again @70 e2 chat", "fresh_again @70 e1 announced chat"});
}

TEST_CASE("nobody's samples: not watched after max(3 x interval, 30 s), inhibiting the rest",
          "[watch]") {
  auto quick = server();
  quick.interval = 5s;
  const auto [policy, window] =
      GENERATE_REF(table<ServerConfig, Duration>({{server(), 180s}, {quick, 30s}}));
  Bench bench({policy});
  bench.ok(t0, t0 - 15min + 20s);  // stale in 20 s
  bench.until(t0 + window - 1us);
  CHECK(bench.said() == Said{"stale @20+1us e1 chat"});
  bench.until(t0 + window);
  const auto at = std::to_string(window / 1s);
  CHECK(bench.said() == Said{"not_watched @" + at + " e2 chat"});
  CHECK(*bench.all().back().reason == "samples_lost");
  bench.until(t0 + window + 300s);
  CHECK(bench.said() ==
        Said{"still_not_watched @" + std::to_string(window / 1s + 300) + " e2 k1 chat"});
  bench.ok(t0 + window + 310s, t0 + window + 300s);
  const auto end = std::to_string(window / 1s + 310);
  CHECK(bench.said() == Said{"watched_again @" + end + " e2 chat", "updated @" + end,
                             "fresh_again @" + end + " e1 chat"});
}

TEST_CASE(
    "a clock is off after three answers in a row beyond limit and uncertainty, and ok likewise",
    "[clock]") {
  Bench bench;
  int i = 0;
  const auto answer = [&](Duration offset) {
    bench.sample(t0 + ++i * 1s,
                 {.computed_at = t0, .clock_offset = offset, .clock_uncertainty = 500ms});
  };
  for (int n = 0; n < 5; ++n) answer(30s + 500ms);
  CHECK(bench.said() == Said{});
  answer(-31s), answer(-31s), answer(0s), answer(-31s), answer(-31s);
  CHECK(bench.said() == Said{});
  answer(-5min);
  CHECK(bench.said() == Said{"clock_off @11 e1 chat"});
  CHECK(*bench.all().back().detail == "its clock is 5m behind, by the Date header");
  answer(0s), answer(0s);
  CHECK(bench.said() == Said{});
  answer(0s);
  CHECK(bench.said() == Said{"clock_ok @14 e1 chat"});
}
