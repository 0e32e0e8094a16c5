// Which clock a target's age goes by, and that nothing is judged before that is known.

#include "aggregator/target/clock_axis.hpp"

#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

namespace stalewatch::aggregator {
namespace {

/// Its data are fresh by its own clock, which is five minutes behind, and stale by ours.
constexpr Duration behind = -5min;

ServerConfig by_its_own_clock() {
  auto config = server();
  config.server_clock = true;
  config.threshold = 1min;
  config.interval = 10s;
  config.max_clock_offset = 1h;  // that it is off is not what is looked at here
  return config;
}

Sample with_date(Instant computed, Duration offset = behind) {
  return {.http_status = 200,
          .computed_at = computed,
          .clock_offset = offset,
          .clock_uncertainty = 500ms};
}

Sample without_date(Instant computed) { return {.http_status = 200, .computed_at = computed}; }

std::string last_detail(const Bench& bench) { return bench.all().back().detail.value_or(""); }

TEST_CASE("the first answer is judged by the clock that it shows") {
  Bench bench({by_its_own_clock()});
  bench.sample(t0 + 1s, with_date(t0 + 1s + behind));
  bench.until(t0 + 10s);
  CHECK(bench.said() == Said{});
  // and stale exactly when that clock says so
  bench.sample(t0 + 20s, with_date(t0 + 1s + behind));
  bench.sample(t0 + 40s, with_date(t0 + 1s + behind));
  bench.until(t0 + 69s);
  CHECK(bench.said() == Said{"stale @61+1us e1 chat"});
  CHECK(last_detail(bench) == "by its own clock, 5m behind ours");
}

TEST_CASE("after a restart the clock that was known is known again, for an hour") {
  auto config = by_its_own_clock();
  config.threshold = 3h;
  Bench bench({config});
  bench.sample(t0 + 1s, with_date(t0 + 1s + behind));
  SECTION("an answer without a Date is judged by it") {
    auto again = bench.restarted(t0 + 59min);
    again.sample(t0 + 59min, without_date(t0 + 59min + behind));
    again.until(t0 + 59min + 20s);
    CHECK(again.said() == Said{"updated @3540"});
    CHECK(again.all().back().age == Duration(0));
  }
  SECTION("but not after an hour") {
    auto again = bench.restarted(t0 + 61min);
    again.sample(t0 + 61min, without_date(t0 + 61min + behind));
    CHECK(again.said() == Said{"updated @3660"});
    CHECK_FALSE(again.all().back().age);
  }
  SECTION("from when it was last measured, whether or not it changed") {
    for (auto t = 1min; t <= 50min; t += 1min) bench.sample(t0 + t, with_date(t0 + 1s + behind));
    auto again = bench.restarted(t0 + 100min);
    again.sample(t0 + 100min, without_date(t0 + 100min + behind));
    CHECK(again.all().back().age == Duration(0));
  }
  SECTION("the first that is measured and differs replaces it") {
    auto again = bench.restarted(t0 + 10min);
    again.sample(t0 + 10min, with_date(t0 + 10min - 2h, -2h));
    again.until(t0 + 10min + 20s);
    CHECK(again.said() == Said{"went_back @600"});
    CHECK(again.all().back().age == Duration(0));
  }
}

TEST_CASE("no Date in three answers: the age goes by our clock, which is told") {
  Bench bench({by_its_own_clock()});
  const Instant computed = t0 - 2min;
  bench.sample(t0 + 1s, without_date(computed));
  bench.sample(t0 + 2s, without_date(computed));
  CHECK(bench.said() == Said{});
  bench.sample(t0 + 3s, without_date(computed));
  CHECK(bench.said() == Said{"stale @-59+-999999us e1 chat"});
  CHECK(last_detail(bench) == "by our clock, for it sends no usable Date header");

  // A Date after all: by it the data are fresh.
  bench.sample(t0 + 4s, with_date(computed));
  CHECK(bench.said() == Said{"fresh_again @4 e1 chat"});
  CHECK(last_detail(bench) == "by its own clock, 5m behind ours");
}

TEST_CASE("a clock that does not show is waited for as long as a sample is") {
  Bench bench({by_its_own_clock()});
  bench.sample(t0 + 1s, without_date(t0 - 2min));
  bench.until(t0 + 29s);
  CHECK(bench.said() == Said{});
  bench.until(t0 + 30s);
  CHECK(bench.said() == Said{"stale @30 e1 chat"});
  CHECK(bench.all().back().since == t0 - 1min + Duration(1));
}

TEST_CASE("stale data that another clock shows fresh are told so, with the reason") {
  auto config = by_its_own_clock();
  config.server_clock = false;
  Bench bench({config});
  bench.sample(t0 + 1s, with_date(t0 + 1s + behind));
  CHECK(bench.said() == Said{"stale @1 e1 chat"});
  CHECK(last_detail(bench).empty());
  bench.configure({by_its_own_clock()});
  CHECK(bench.said() == Said{"fresh_again @1 e1 chat"});
  CHECK(last_detail(bench) == "now by its own clock, 5m behind ours");
  bench.configure({config});
  bench.until(t0 + 5s);
  CHECK(bench.said().size() == 1);
}

TEST_CASE("an offset counts no longer than an hour without a newer one") {
  Bench bench({by_its_own_clock()});
  bench.sample(t0 + 1s, with_date(t0 + 1s + behind));
  bench.sample(t0 + 2h, without_date(t0 + 2h + behind));
  CHECK_FALSE(bench.all().back().age);
  bench.sample(t0 + 2h + 1s, without_date(t0 + 2h + behind));
  bench.sample(t0 + 2h + 2s, without_date(t0 + 2h + behind));
  bench.sample(t0 + 2h + 3s, without_date(t0 + 2h + 3s + behind));
  CHECK(bench.all().back().kind == Kind::updated);
  CHECK(bench.all().back().age == 5min);
}

}  // namespace
}  // namespace stalewatch::aggregator
