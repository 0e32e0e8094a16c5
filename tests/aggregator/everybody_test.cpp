// All targets at once: nobody watches them, and how they were found when they came.

#include "aggregator/core.hpp"
#include "tests/aggregator/prober_bench.hpp"
#include "tests/catch.hpp"

namespace stalewatch::aggregator {
namespace {

std::vector<ServerConfig> servers(std::size_t count, Duration interval = 10s) {
  std::vector<ServerConfig> all;
  for (std::size_t i = 1; i <= count; ++i) {
    all.push_back(server("T" + std::to_string(i)));
    all.back().interval = interval;
  }
  return all;
}

/// A sample of each target, with data of that moment.
void all_fresh(ProberBench& bench, const std::string& who, std::size_t count, Instant now) {
  std::vector<Sample> samples;
  for (std::size_t i = 1; i <= count; ++i)
    samples.push_back({.target = *bench.core.targets().id_of("T" + std::to_string(i)),
                       .probed_at = now,
                       .since = now,
                       .http_status = 200,
                       .computed_at = now});
  bench.observe(who, samples, now);
}

std::size_t told(const ProberBench& bench, Kind kind) {
  return static_cast<std::size_t>(
      std::count_if(bench.all.begin(), bench.all.end(),
                    [&](const Event& e) { return e.kind == kind && !e.inhibited; }));
}

struct Silent : ProberBench {
  explicit Silent(std::size_t count = 300, Duration interval = 10s)
      : ProberBench(servers(count, interval), {}) {
    join("a", t0);
    all_fresh(*this, "a", count, t0 + 1s);
    take();
  }
};

TEST_CASE("the only prober ends: one story, not one a target") {
  Silent bench;
  bench.core.apply(input::Goodbye{{"a", 0}}, t0 + 2s);
  bench.until(t0 + 31s);
  CHECK(bench.take() == Said{"prober_left @2"});  // no target's silence comes before everybody's
  bench.until(t0 + 32s);
  CHECK(bench.take().front() == "nobody_watches @32 e3 chat");
  const auto& nobody = bench.all[2];
  CHECK(nobody.name == "all targets");
  CHECK(nobody.detail == "no prober is connected: 300 targets are not watched");
  CHECK(nobody.since == t0 + 2s);

  // Reminders of it, and of nothing else; the targets' own stories are for the rows.
  bench.until(t0 + 20min);
  CHECK(told(bench, Kind::not_watched) == 0);
  CHECK(told(bench, Kind::stale) == 0);
  CHECK(told(bench, Kind::still_nobody_watches) == 3);
  CHECK(bench.all.size() > 600);  // inhibited: each is not watched and stale

  // Somebody comes: told at once, and the targets when they show how they are.
  bench.take();
  bench.join("b", t0 + 20min);
  CHECK(bench.take() == Said{"somebody_watches @1200 e3 chat"});
  all_fresh(bench, "b", 300, t0 + 20min + 5s);
  for (const auto& event : bench.all) {
    const bool of_a_target = !event.target.empty() && event.kind != Kind::updated;
    if (of_a_target) REQUIRE(event.inhibited);
  }
}

TEST_CASE("a prober that is back within half a minute is no story") {
  Silent bench;
  bench.core.apply(input::Goodbye{{"a", 0}}, t0 + 2s);
  bench.until(t0 + 30s);
  bench.join("b", t0 + 30s);
  bench.until(t0 + 40s);
  all_fresh(bench, "b", 300, t0 + 40s);
  CHECK(told(bench, Kind::nobody_watches) == 0);
  CHECK(told(bench, Kind::not_watched) == 0);
}

TEST_CASE("a prober that comes and goes and probes nothing does not keep all silent") {
  Silent bench(2);
  bench.core.apply(input::Goodbye{{"a", 0}}, t0 + 2s);
  for (int i = 1; i <= 20; ++i) {  // dies at once, and is started again
    const auto who = "b" + std::to_string(i);
    bench.join(who, t0 + i * 10s);
    bench.until(t0 + i * 10s + 9s);
  }
  CHECK(told(bench, Kind::not_watched) == 2);
}

TEST_CASE("probers that come while another one is there put nobody's silence off") {
  Silent bench(2);
  for (int i = 2; i <= 31; ++i) {
    bench.until(t0 + i * 1s);
    bench.lease("a", t0 + i * 1s, 0);
    if (i % 10 == 0) bench.join("b" + std::to_string(i), t0 + i * 1s);
  }
  CHECK(told(bench, Kind::not_watched) == 2);
}

TEST_CASE("who is still silent when somebody watches again is told after its own time") {
  Silent bench(2);
  bench.core.apply(input::Goodbye{{"a", 0}}, t0 + 2s);
  bench.until(t0 + 5min);
  bench.join("b", t0 + 5min);
  bench.take();
  for (int i = 1; i < 30; ++i) bench.lease("b", t0 + 5min + i * 1s, 0);
  bench.observe("b",
                {{.target = *bench.core.targets().id_of("T1"),
                  .probed_at = t0 + 5min + 29s,
                  .since = t0 + 5min + 29s,
                  .http_status = 200,
                  .computed_at = t0 + 5min + 29s}},
                t0 + 5min + 29s);
  bench.take();
  bench.until(t0 + 5min + 30s);
  REQUIRE(bench.take().size() == 1);
  const auto& event = bench.all.back();
  CHECK(event.kind == Kind::not_watched);
  CHECK(event.target == "T2");
  CHECK(event.announced);
  CHECK(event.reason == "samples_lost");
}

TEST_CASE("data of a target that is probed seldom are not told stale while nobody watches") {
  Silent bench(1, 1h);
  bench.core.apply(input::Goodbye{{"a", 0}}, t0 + 2s);
  bench.until(t0 + 40min);
  CHECK(told(bench, Kind::stale) == 0);
  bench.join("b", t0 + 40min);
  bench.take();
  bench.observe("b",
                {{.target = *bench.core.targets().id_of("T1"),
                  .probed_at = t0 + 40min,
                  .since = t0 + 40min,
                  .http_status = 200,
                  .computed_at = t0 + 1s}},
                t0 + 40min);
  REQUIRE(bench.take().size() == 1);  // they are stale indeed
  CHECK(bench.all.back().kind == Kind::stale);
  CHECK(bench.all.back().announced);
}

TEST_CASE("that nobody watches survives a restart, and is an open problem") {
  Silent bench(2);
  bench.core.apply(input::Goodbye{{"a", 0}}, t0 + 2s);
  bench.until(t0 + 1min);
  const auto head = bench.core.next_seq() - 1;
  const auto page = bench.core.targets().open_problems(0, head, t0 + 1min);
  REQUIRE(page.problems.size() == 1);
  CHECK(page.problems[0].kind == Kind::nobody_watches);
  CHECK(bench.core.targets().open_problems(0, 2, t0 + 1min).problems.empty());

  Restored restored;
  restored.targets = bench.targets;
  restored.next_id = 3;
  restored.next_seq = bench.core.next_seq();
  ProberBench again(servers(2), restored, t0 + 2min);
  again.until(t0 + 6min);
  CHECK(again.take() == Said{"still_nobody_watches @332 e3 k1 chat"});
  again.join("b", t0 + 6min);
  CHECK(again.take() == Said{"somebody_watches @360 e3 chat"});
  CHECK(std::count_if(again.targets.begin(), again.targets.end(),
                      [](const TargetRow& row) { return row.id == 0 && !row.retired; }) == 0);
}

TEST_CASE("no target, nobody to watch; in chat if one target wants it") {
  auto quiet = servers(2);
  for (auto& server : quiet) server.notification = false;
  ProberBench none({}, {});
  none.until(t0 + 5min);
  CHECK(none.take() == Said{});
  ProberBench bench(quiet, {});
  bench.until(t0 + 31s);
  CHECK(bench.take().front() == "nobody_watches @30 e1");
  quiet[1].notification = true;
  ProberBench loud(quiet, {});
  loud.until(t0 + 31s);
  CHECK(loud.take().front() == "nobody_watches @30 e1 chat");
}

TEST_CASE("that nobody watches is told again as often as most targets would be") {
  auto all = servers(3);
  all[0].msg_interval = 1h;
  all[1].msg_interval = all[2].msg_interval = 2min;
  ProberBench bench(all, {});
  bench.until(t0 + 30s + 4min);
  CHECK(told(bench, Kind::still_nobody_watches) == 2);
}

TEST_CASE("at a first start people are told once how all targets are, when each has shown it") {
  ProberBench bench({}, {});
  bench.core.apply(input::Configure{servers(4), true}, t0);
  bench.join("a", t0);
  all_fresh(bench, "a", 1, t0 + 1s);
  const auto show = [&](const char* key, Sample sample, Instant at) {
    sample.target = *bench.core.targets().id_of(key);
    sample.probed_at = sample.since = at;
    bench.observe("a", {sample}, at);
  };
  show("T2", {.http_status = 200, .computed_at = t0 - 1h}, t0 + 1s);
  show("T3", {.outcome = Outcome::connect, .streak = 2}, t0 + 2s);
  CHECK(told(bench, Kind::watching) == 0);
  SECTION("all have") {
    show("T4", {.http_status = 200, .computed_at = t0}, t0 + 3s);
    REQUIRE(told(bench, Kind::watching) == 1);
    CHECK(bench.all.back().name == "4 servers");
    CHECK(bench.all.back().detail == "2 fresh, 1 stale, 1 failing");
    CHECK_FALSE(bench.all.back().notify);
    bench.until(t0 + 5s);
    CHECK(told(bench, Kind::watching) == 1);
  }
  SECTION("one does not: after a minute") {
    for (int i = 1; i < 60; ++i) {
      bench.until(t0 + i * 1s);
      bench.lease("a", t0 + i * 1s, 0);
      all_fresh(bench, "a", 2, t0 + i * 1s);
      show("T3", {.outcome = Outcome::connect, .streak = 2}, t0 + i * 1s);
    }
    bench.until(t0 + 60s);
    REQUIRE(told(bench, Kind::watching) == 1);
    const auto watching = std::find_if(bench.all.begin(), bench.all.end(),
                                       [](const Event& e) { return e.kind == Kind::watching; });
    // T4 has been told as not watched meanwhile, which is one way to be known.
    CHECK(watching->detail == "2 fresh, 1 failing, 1 not watched");
  }
}

TEST_CASE("targets that are as before are no news; one that comes is") {
  ProberBench bench(servers(2), {});
  bench.join("a", t0 + 1s);
  bench.core.apply(input::Configure{servers(2), true}, t0 + 2s);
  all_fresh(bench, "a", 2, t0 + 3s);
  CHECK(told(bench, Kind::watching) == 0);
  bench.core.apply(input::Configure{servers(3), true}, t0 + 4s);
  all_fresh(bench, "a", 3, t0 + 5s);
  REQUIRE(told(bench, Kind::watching) == 1);
  CHECK(bench.all.back().name == "3 servers");
  bench.core.apply(input::Configure{servers(1), true}, t0 + 6s);
  all_fresh(bench, "a", 1, t0 + 7s);
  REQUIRE(told(bench, Kind::watching) == 2);
  CHECK(bench.all.back().name == "1 server");
}

}  // namespace
}  // namespace stalewatch::aggregator
