// All targets beside each other: what is said of them together, and what is counted.

#include "aggregator/target/target_table.hpp"

#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

namespace stalewatch::aggregator {
namespace {

std::vector<ServerConfig> servers(int count) {
  std::vector<ServerConfig> all;
  for (int i = 1; i <= count; ++i) all.push_back(server("T" + std::to_string(i)));
  return all;
}

TEST_CASE("targets that leave together are told as one message when they are most of all") {
  const auto [all, left, told] = GENERATE(table<int, int, std::string>({
      {1, 0, "left the configuration"},  // the only one has a message of its own
      {4, 2, "left the configuration"},  // half of them: each has
      {4, 1, "3 targets left the configuration: T2, T3, T4"},
      {21, 1,
       "20 targets left the configuration: T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, "
       "T14, T15, T16, T17, T18, T19, T20, T21"},
      {22, 1,
       "21 targets left the configuration: T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, "
       "T14, T15, T16, T17, T18, T19, T20, T21 and 1 more"},
  }));
  Bench bench(servers(all));
  bench.configure(servers(left));
  CHECK(*bench.all().back().detail == told);
  for (const auto& event : bench.all()) CHECK_FALSE(event.notify);  // chat was told of none
}

TEST_CASE("a target with another time field is another target") {
  Bench bench;
  bench.ok(t0, t0 - 1h);
  (void)bench.said();
  auto other = server();
  other.time_field = "built_at";
  bench.configure({other});
  CHECK(bench.said() == Said{"retired @0 e1 chat"});
  CHECK(*bench.all().back().detail == "was given another address or time field while stale");
  CHECK(bench.core().targets().id_of("PROD") == 2u);
}

TEST_CASE("what a changed configuration has ended is over after a restart, too") {
  Bench bench;
  bench.ok(t0, t0 - 1h);
  auto patient = server();
  patient.threshold = 2h;
  bench.configure({patient});
  CHECK(bench.said() == Said{"stale @0 e1 chat", "fresh_again @0 e1 chat"});
  auto again = bench.restarted(t0 + 10s);
  again.ok(t0 + 20s, t0 - 1h);
  CHECK(again.said() == Said{});
}

TEST_CASE("targets are counted by their data, and beside that by what else is wrong") {
  Bench bench(servers(6));
  bench.sample(t0, {.computed_at = t0}, "p1", "T1");
  bench.sample(t0, {.computed_at = t0}, "p1", "T2");
  bench.sample(t0, {.computed_at = t0 - 1h}, "p1", "T3");
  const auto some_fail = [&](Timestamp at) {
    for (const auto* key : {"T2", "T3", "T4"})
      bench.sample(at, {.outcome = Outcome::connect, .streak = 2}, "p1", key);
  };
  some_fail(t0 + 1s);
  auto counts = bench.core().targets().counts();
  CHECK(counts.targets == 6);
  CHECK(counts.fresh == 2);
  CHECK(counts.stale == 1);
  CHECK(counts.data_unknown == 3);
  CHECK(counts.failing == 3);
  CHECK(counts.not_watched == 0);
  some_fail(t0 + 150s);
  bench.until(t0 + 181s);
  CHECK(bench.core().targets().counts().not_watched == 3);
}

TEST_CASE("the targets' clocks together show their median, of those that were measured now") {
  Bench bench(servers(4));
  CHECK_FALSE(bench.core().targets().clock_offset());
  const auto shows = [&](const char* key, Duration offset) {
    bench.sample(t0, {.computed_at = t0, .clock_offset = offset, .clock_uncertainty = 1ms}, "p1",
                 key);
  };
  shows("T1", 50s);
  CHECK(bench.core().targets().clock_offset() == Duration(50s));
  shows("T3", -1h);
  shows("T4", 1s);
  CHECK(bench.core().targets().clock_offset() == Duration(1s));
  CHECK_FALSE(bench.restarted(t0 + 1min).core().targets().clock_offset());
}

}  // namespace
}  // namespace stalewatch::aggregator
