#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

// Samples each 30 s, so that the target counts as watched until `end`; always the same computed
// time.
void keep(Bench& bench, Instant from, Instant end, Instant computed) {
  for (Instant t = from; t <= end; t += 30s) bench.ok(t, computed);
}

}  // namespace

TEST_CASE("the first sample is no update, whatever it says", "[data]") {
  Bench bench;
  bench.ok(t0 + 1s, t0 - 1min);
  CHECK(bench.said() == Said{});
}

TEST_CASE("data are stale one microsecond after the threshold, not before", "[data]") {
  Bench bench;
  keep(bench, t0, t0 + 14min + 30s, t0);
  bench.until(t0 + 15min - 1us);
  CHECK(bench.said() == Said{});
  bench.until(t0 + 15min);
  CHECK(bench.said() == Said{});
  bench.until(t0 + 15min + 1us);
  CHECK(bench.said() == Said{"stale @900+1us e1 chat"});
}

TEST_CASE("a first sample is stale at once only when older than the threshold", "[data]") {
  const auto [age, expected] = GENERATE(table<Duration, Said>({
      {15min - 1us, Said{}},
      {15min, Said{}},
      {15min + 1us, Said{"stale @1 e1 chat"}},
      {48h, Said{"stale @1 e1 chat"}},
  }));
  Bench bench;
  bench.ok(t0 + 1s, t0 + 1s - age);
  CHECK(bench.said() == expected);
}

TEST_CASE("fresh data that come in the turn in which the old ones would be told stale", "[data]") {
  Bench bench;
  bench.ok(t0, t0);
  const auto due = t0 + server().threshold + Duration(1);
  const Sample fresh{
      .target = 1, .probed_at = due, .since = t0, .http_status = 200, .computed_at = due - 1s};
  bench.core().apply(input::Samples{"p1", "feeder", {fresh}, std::nullopt}, due);
  bench.until(due + 1s);
  CHECK(bench.said() == Said{"updated @900+1us"});  // nobody need hear of the old ones
}

TEST_CASE("an update says what it replaced, and how old it was when seen", "[data]") {
  Bench bench;
  bench.ok(t0, t0 - 10s);
  bench.ok(t0 + 60s, t0 + 55s);
  REQUIRE(bench.all().size() == 1);
  const auto& event = bench.all().front();
  CHECK(event.kind == Kind::updated);
  CHECK(event.computed_at == t0 + 55s);
  CHECK(event.previous_computed_at == t0 - 10s);
  CHECK(event.lag == Duration(5s));
  CHECK(event.observed_at == t0 + 60s);
  CHECK_FALSE(event.notify);
}

TEST_CASE("stale, reminders on the grid, fresh again", "[data]") {
  Bench bench;
  keep(bench, t0, t0 + 26min, t0);
  bench.ok(t0 + 26min + 10s, t0 + 26min);
  CHECK(bench.said() == Said{"stale @900+1us e1 chat", "still_stale @1200+1us e1 k1 chat",
                             "still_stale @1500+1us e1 k2 chat", "updated @1570",
                             "fresh_again @1570 e1 chat"});
}

TEST_CASE("an update that is itself too old does not end the problem", "[data]") {
  Bench bench;
  bench.ok(t0, t0 - 60min);
  bench.ok(t0 + 10s, t0 - 30min);
  CHECK(bench.said() == Said{"stale @0 e1 chat", "updated @10"});
}

TEST_CASE("msg_interval 0 means no reminders", "[data]") {
  auto quiet = server();
  quiet.msg_interval = 0s;
  Bench bench({quiet});
  keep(bench, t0, t0 + 60min, t0);
  CHECK(bench.said() == Said{"stale @900+1us e1 chat"});
}

TEST_CASE("without notification, everything but chat", "[data]") {
  auto quiet = server();
  quiet.notification = false;
  Bench bench({quiet});
  bench.ok(t0, t0 - 1h);
  bench.ok(t0 + 1s, t0);
  CHECK(bench.said() == Said{"stale @0 e1", "updated @1", "fresh_again @1 e1"});
}

TEST_CASE("going back is told once per maximum, and adopted after three in a row", "[data]") {
  Bench bench;
  bench.ok(t0, t0 - 10s);
  bench.ok(t0 + 1s, t0 - 60s);
  bench.ok(t0 + 2s, t0 - 60s);
  CHECK(bench.said() == Said{"went_back @1"});
  SECTION("once: the newest stays the one that is judged") {
    bench.ok(t0 + 3s, t0 - 10s);
    bench.ok(t0 + 4s, t0 - 60s);
    CHECK(bench.said() == Said{});
    bench.ok(t0 + 5s, t0 + 5s);
    CHECK(bench.said() == Said{"updated @5"});
    CHECK(bench.all().back().previous_computed_at == t0 - 10s);
  }
  SECTION("for good: adopted, and what comes next is an update") {
    bench.ok(t0 + 3s, t0 - 50s);
    CHECK(bench.said() == Said{"went_back @3"});
    CHECK(*bench.all().back().detail ==
          "older than before by 40s, adopted after 3 older samples in a row");
    bench.ok(t0 + 4s, t0 - 40s);
    CHECK(bench.said() == Said{"updated @4"});
    CHECK(bench.all().back().previous_computed_at == t0 - 50s);
  }
}

TEST_CASE("an older time from a prober that never saw the newer one is not going back", "[data]") {
  Bench bench;
  bench.sample(t0, {.computed_at = t0 - 10s}, "p1");
  bench.sample(t0 + 1s, {.computed_at = t0 - 60s}, "p2");
  CHECK(bench.said() == Said{});
}

TEST_CASE("what sixteen probers have seen is remembered; the one silent longest makes room",
          "[data]") {
  Bench bench;
  for (int i = 1; i <= 17; ++i)
    bench.sample(t0 + i * 1s, {.computed_at = t0 - 10s}, "p" + std::to_string(i));
  bench.sample(t0 + 18s, {.computed_at = t0 - 60s}, "p1");  // as if it saw the target first now
  CHECK(bench.said() == Said{});
  bench.sample(t0 + 19s, {.computed_at = t0 - 60s}, "p17");
  CHECK(bench.said() == Said{"went_back @19"});
}

TEST_CASE("an update probed before the newest one but told after it is a late row", "[data]") {
  Bench bench;
  bench.ok(t0, t0 - 60s);
  bench.ok(t0 + 30s, t0 + 29s);
  (void)bench.said();
  Sample early{.computed_at = t0 + 9s};
  early.target = *bench.core().targets().id_of("PROD");
  early.probed_at = early.since = t0 + 10s;
  bench.core().apply(input::Samples{"p1", "feeder", {early}, std::nullopt}, t0 + 31s);
  bench.until(t0 + 31s);
  bench.ok(t0 + 32s, t0 + 29s);
  CHECK(bench.said() == Said{"updated @10 late"});
}

TEST_CASE("slightly ahead of our clock is fresh, and its lag is stored signed", "[data]") {
  Bench bench;
  bench.ok(t0, t0);
  bench.ok(t0 + 10s, t0 + 12s);
  CHECK(bench.said() == Said{"updated @10"});
  CHECK(bench.all().back().lag == Duration(-2s));
}

TEST_CASE("clock: server judges the age by the target's own clock", "[data]") {
  auto own = server();
  own.server_clock = true;
  Bench bench({own});
  // its clock is 14 minutes ahead, so data that look one minute old to us are 15 to it
  const auto with_clock = [&](Instant at, Instant computed) {
    bench.sample(at, {.computed_at = computed, .clock_offset = 14min, .clock_uncertainty = 500ms});
  };
  with_clock(t0, t0);
  with_clock(t0 + 30s, t0);
  bench.until(t0 + 1min);
  const auto said = bench.said();
  CHECK(said == Said{});
  bench.until(t0 + 1min + 1us);
  CHECK(bench.said() == Said{"stale @60+1us e1 chat"});
}
