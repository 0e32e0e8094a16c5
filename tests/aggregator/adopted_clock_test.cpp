// Our clock was wrong, and is put right while the aggregator runs: all that was noted by it moves
// along, in memory and in the journal.

#include "tests/aggregator/prober_bench.hpp"

namespace stalewatch::aggregator {
namespace {

const std::vector<std::string> consumers = {"notifier", "recorder"};
constexpr Duration behind_after = 5min;

std::string at(Duration seconds) { return " @" + std::to_string(seconds / 1s); }

const Event& last(const Bench& bench) { return bench.all().back(); }
std::string last_said(Bench& bench) {
  const auto said = bench.said();
  return said.empty() ? "" : said.back();
}

/// With data that are stale from the start, our clock moved at 40 s, and the aggregator started
/// anew 10 s later.
Bench restarted_after(Duration shift, ServerConfig config = server(),
                      std::optional<Duration> targets_clock = std::nullopt) {
  Bench bench({std::move(config)});
  const auto stale = [&](Instant t) {
    bench.sample(t, {.http_status = 200, .computed_at = t0 - 3h, .clock_offset = targets_clock});
  };
  stale(t0);
  stale(t0 + 40s);
  CHECK(bench.said() == Said{"stale @0 e1 chat"});
  bench.adopt_clock(shift);
  return bench.restarted(t0 + shift + 50s);
}

TEST_CASE("reminders keep their distance", "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  auto bench = restarted_after(shift);
  for (auto t = 60s; t <= 600s; t += 30s) bench.ok(t0 + shift + t, t0 - 3h);
  CHECK(bench.said() == Said{"still_stale" + at(shift + 300s) + " e1 k1 chat",
                             "still_stale" + at(shift + 600s) + " e1 k2 chat"});
}

TEST_CASE("data are stale since the instant that their computed time names", "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  const auto since = t0 - 3h + server().threshold + Duration(1);
  SECTION("by our clock: the instant stays, and is the more or the less ago") {
    auto bench = restarted_after(shift);
    bench.ok(t0 + shift + 60s, t0 + shift + 60s);
    CHECK(bench.said() ==
          Said{"updated" + at(shift + 60s), "fresh_again" + at(shift + 60s) + " e1 chat"});
    CHECK(last(bench).since == since);
  }
  SECTION("by the target's clock, which ours now differs from by so much: as long ago as before") {
    auto config = server();
    config.server_clock = true;
    config.max_clock_offset = 24h;
    auto bench = restarted_after(shift, config, Duration(0));
    bench.sample(t0 + shift + 60s,
                 {.http_status = 200, .computed_at = t0 + 60s, .clock_offset = -shift});
    CHECK(bench.said() ==
          Said{"updated" + at(shift + 60s), "fresh_again" + at(shift + 60s) + " e1 chat"});
    CHECK(last(bench).since == since + shift);
  }
}

TEST_CASE("data that our clock made stale are fresh by the right one, from when they were told on",
          "[clock]") {
  Bench bench;
  bench.ok(t0, t0 - 20min);
  bench.ok(t0 + 30s, t0 - 20min);
  bench.until(t0 + 40s);
  bench.adopt_clock(-1h);
  CHECK(bench.said() == Said{"stale @0 e1 chat", "fresh_again @-3560 e1 chat"});
  CHECK(last(bench).since == t0 - 1h - 5min + Duration(1));
  CHECK(last(bench).detail == "our clock went back by 1h");
  auto again = bench.restarted(t0 - 1h + 50s);
  again.ok(t0 - 1h + 60s, t0 - 20min);
  CHECK(again.said() == Said{});
}

TEST_CASE("data that are stale by the right clock, too, have been since that clock showed it",
          "[clock]") {
  Bench bench;
  bench.ok(t0, t0 - 20min);
  bench.until(t0 + 40s);
  const auto since = t0 - 5min + Duration(1);
  const auto now = since + GENERATE(Duration(0), Duration(1));  // from the very first instant on
  bench.adopt_clock(now - (t0 + 40s));
  CHECK(bench.said() == Said{"stale @0 e1 chat"});
  bench.ok(now + 10s, now);
  CHECK(last(bench).kind == Kind::fresh_again);
  CHECK(last(bench).since == since);
}

TEST_CASE("what was failing ends when it ends, and has been failing for as long as it has",
          "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  auto config = server();
  config.threshold = 2h;  // what is looked at here is the server alone
  Bench bench({config});
  bench.ok(t0, t0);
  bench.fail(t0 + 10s);
  bench.until(t0 + 40s);
  CHECK(bench.said() == Said{"failing @10 e1 chat"});
  bench.adopt_clock(shift);
  auto again = bench.restarted(t0 + shift + 50s);
  again.fail(t0 + shift + 60s);
  again.ok(t0 + shift + 70s, t0 + 1s);
  CHECK(again.said() ==
        Said{"answering_again" + at(shift + 70s) + " e1 chat", "updated" + at(shift + 70s)});
  CHECK(again.all().front().since == t0 + shift + 10s);
}

TEST_CASE("an end that is still owed to people lies behind its beginning", "[clock]") {
  Bench bench;
  bench.ok(t0, t0 - 20min);
  bench.fail(t0 + 10s);
  CHECK(bench.said() == Said{"stale @0 e1 chat", "failing @10 e2 chat"});
  auto patient = server();
  patient.threshold = 2h;
  bench.configure({patient});
  CHECK(bench.said() == Said{"fresh_again @10 e1 inhibited"});
  bench.adopt_clock(-1h);
  SECTION("at once") {}
  SECTION("after a restart") { bench = bench.restarted(t0 - 1h + 50s); }
  bench.ok(t0 - 1h + 60s, t0 - 20min);
  CHECK(bench.said() ==
        Said{"answering_again @-3540 e2 chat", "fresh_again @-3540 e1 announced chat"});
  CHECK(last(bench).since == t0 - 1h - 5min + Duration(1));
}

TEST_CASE("an older computed time goes back, it is not late", "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  auto config = server();
  config.threshold = 2h;
  Bench bench({config});
  bench.ok(t0, t0 - 10s);
  bench.ok(t0 + 30s, t0 + 20s);
  bench.until(t0 + 40s);
  (void)bench.said();
  bench.adopt_clock(shift);
  SECTION("at once") {}
  SECTION("after a restart") { bench = bench.restarted(t0 + shift + 50s); }
  bench.ok(t0 + shift + 60s, t0 - 10s);
  CHECK(last_said(bench) == "went_back" + at(shift + 60s));
}

TEST_CASE("a consumer is behind after as long a wait as ever", "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  Bench bench;
  auto& core = bench.core();
  core.apply(input::ConfigureConsumers{consumers}, t0);
  core.apply(input::Published{5}, t0 + 10s);
  core.apply(input::Acked{"notifier", 5}, t0 + 10s);
  const auto turn = [&](Duration time, std::int64_t head) {
    const auto now = t0 + shift + time;
    core.apply(input::Published{head}, now);
    core.apply(input::Acked{"notifier", head}, now);
    core.apply(input::WatchConsumers{behind_after}, now);
    return bench.said();
  };
  bench.until(t0 + 40s);
  bench.adopt_clock(shift);
  bench.until(t0 + shift + 70s);
  CHECK(turn(70s, 7) == Said{});
  CHECK(turn(10s + behind_after - Duration(1), 9) == Said{});
  const auto said = turn(10s + behind_after, 9);
  REQUIRE(said.size() == 1);
  CHECK(said[0].starts_with("consumer_behind"));
  CHECK(last(bench).since == t0 + shift + 10s);
}

TEST_CASE("a consumer that caught up was behind for as long as it was", "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  Bench bench;
  auto& core = bench.core();
  core.apply(input::ConfigureConsumers{consumers}, t0);
  core.apply(input::Published{5}, t0);
  core.apply(input::Acked{"notifier", 5}, t0);
  bench.until(t0 + 5min);
  core.apply(input::WatchConsumers{behind_after}, t0 + 5min);
  CHECK(last_said(bench) == "consumer_behind @300 e2 chat");
  bench.adopt_clock(shift);
  const auto back = t0 + shift + 6min;
  auto again = bench.restarted(back);
  again.core().apply(input::ConfigureConsumers{consumers}, back);
  for (const auto& name : consumers) again.core().apply(input::Acked{name, 5}, back + 30s);
  again.core().apply(input::WatchConsumers{behind_after}, back + 2min);
  CHECK(again.said() == Said{"consumer_ok" + at(shift + 8min) + " e2 chat"});
  CHECK(last(again).since == t0 + shift);
}

TEST_CASE("the journal's trouble has lasted for as long as it has", "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  Bench bench;
  bench.core().apply(input::JournalTrouble{"the disk is full"}, t0 + 10s);
  bench.until(t0 + 40s);
  bench.adopt_clock(shift);
  SECTION("at once") {}
  SECTION("after a restart") { bench = bench.restarted(t0 + shift + 50s); }
  bench.core().apply(input::JournalTrouble{""}, t0 + shift + 60s);
  CHECK(last_said(bench) == "journal_ok" + at(shift + 60s) + " e1 chat");
  CHECK(last(bench).since == t0 + shift + 10s);
}

TEST_CASE("what a lost prober may have seen is lost from when it was heard of last", "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  ProberBench bench({server()}, {});
  bench.join("a", t0);
  bench.lease("a", t0 + 10s, 0);
  bench.core.apply(input::ClockAdopted{shift, "because"}, t0 + shift + 12s);
  bench.collect();
  REQUIRE(bench.probers.size() == 1);
  CHECK(bench.probers[0].heard_at == t0 + shift + 10s);
  ProberBench again({server()},
                    {.targets = bench.targets,
                     .probers = bench.probers,
                     .next_id = 2,
                     .next_seq = bench.core.next_seq()},
                    t0 + shift + 20s);
  again.until(t0 + shift + 26s);
  CHECK(again.take().at(1) == "samples_lost" + at(shift + 25s));
  CHECK(again.all.back().since == t0 + shift + 10s);
}

/// The last prober goes at 2 s, and our clock moves at 20 s.
struct NobodyLeft : ProberBench {
  explicit NobodyLeft(Duration shift) : ProberBench({short_interval()}, {}) {
    join("a", t0);
    core.apply(input::Goodbye{{"a", 0}}, t0 + 2s);
    until(t0 + 20s);
    core.apply(input::ClockAdopted{shift, "because"}, t0 + shift + 20s);
    collect();
    take();
  }
  static ServerConfig short_interval() {
    auto config = server();
    config.interval = 10s;
    return config;
  }
};

TEST_CASE("that nobody watches is told when it is due, and each target's silence behind it",
          "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  NobodyLeft bench(shift);
  bench.until(t0 + shift + 100s);
  CHECK(bench.take() == Said{"nobody_watches" + at(shift + 32s) + " e3 chat",
                             "not_watched" + at(shift + 30s) + " e4 inhibited"});
  CHECK(bench.all[2].since == t0 + shift + 2s);
}

TEST_CASE("somebody watches again after as long as nobody did", "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  NobodyLeft before(0s);
  before.until(t0 + 60s);
  CHECK(before.take().at(0) == "nobody_watches @32 e3 chat");
  before.core.apply(input::ClockAdopted{shift, "because"}, t0 + shift + 60s);
  before.collect();
  ProberBench bench({server()},
                    {.targets = before.targets, .next_id = 2, .next_seq = before.core.next_seq()},
                    t0 + shift + 70s);
  bench.join("b", t0 + shift + 80s);
  CHECK(bench.take() == Said{"somebody_watches" + at(shift + 80s) + " e3 chat"});
  CHECK(bench.all.back().since == t0 + shift + 2s);
}

TEST_CASE("how the targets were found is told after a minute, whatever the clock does", "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  Bench bench(std::vector<ServerConfig>{});
  bench.core().apply(input::Configure{{server()}, true}, t0);
  bench.until(t0 + 30s);
  bench.adopt_clock(shift);
  bench.until(t0 + shift + 60s - Duration(1));
  CHECK(bench.said() == Said{});
  bench.until(t0 + shift + 60s);
  CHECK(bench.said() == Said{"watching" + at(shift + 60s)});
}

}  // namespace
}  // namespace stalewatch::aggregator
