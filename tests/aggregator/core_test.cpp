#include "aggregator/core.hpp"

#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

/// A core with probers that come and go, in real life's way: by hello, lease and goodbye.
struct Hall {
  explicit Hall(Restored restored = {}) : core(std::move(restored), 5s, t0) {
    core.apply(input::Configure{{server()}}, t0);
  }

  void hello(const std::string& instance, Instant now) {
    core.apply(
        input::Hello{{.role = "prober", .name = "p-" + instance, .instance = instance}, "peer"},
        now);
  }
  Said said() {
    Said texts;
    for (const auto& event : core.take_changes().events)
      texts.push_back(Bench::text_of(event) + " " + event.name +
                      (event.reason ? " " + *event.reason : ""));
    return texts;
  }
  void until(Instant t) {
    for (auto due = core.next_deadline(); due && *due <= t; due = core.next_deadline())
      core.apply(input::Tick{}, *due);
  }

  Core core;
};

}  // namespace

TEST_CASE("a prober that joins, is lost, or says goodbye", "[probers]") {
  Hall hall;
  hall.hello("a", t0 + 1s);
  CHECK(hall.said() == Said{"prober_joined @1 p-a"});
  SECTION("its lease ends: lost, and that is why its target is not watched") {
    hall.until(t0 + 200s);
    CHECK(hall.said() == Said{"prober_lost @6 p-a", "samples_lost @6 p-a",
                              "nobody_watches @36 e4 chat all targets prober_lost",
                              "not_watched @181 e5 inhibited PROD prober_lost"});
  }
  SECTION("goodbye: left") {
    hall.core.apply(input::Goodbye{{.instance = "a"}}, t0 + 2s);
    hall.until(t0 + 200s);
    CHECK(hall.said() == Said{"prober_left @2 p-a",
                              "nobody_watches @32 e3 chat all targets no_prober",
                              "not_watched @181 e4 inhibited PROD no_prober"});
  }
  SECTION("it comes back from being lost, and then leaves: nothing was lost") {
    hall.until(t0 + 10s);
    hall.hello("a", t0 + 10s);
    hall.core.apply(input::Goodbye{{.instance = "a"}}, t0 + 12s);
    hall.until(t0 + 50s);
    CHECK(hall.said() == Said{"prober_lost @6 p-a", "samples_lost @6 p-a", "prober_joined @10 p-a",
                              "prober_left @12 p-a",
                              "nobody_watches @42 e6 chat all targets no_prober"});
  }
  SECTION("it renews its lease but its samples do not arrive") {
    for (int i = 2; i <= 200; ++i) {
      hall.until(t0 + i * 1s);
      hall.core.apply(input::Lease{{.instance = "a"}, "peer"}, t0 + i * 1s);
    }
    CHECK(hall.said() == Said{"not_watched @181 e2 chat PROD samples_lost"});
  }
  SECTION("saying hello again is no news") {
    hall.hello("a", t0 + 2s);
    CHECK(hall.said() == Said{});
  }
}

TEST_CASE("after a restart a known prober has one lease of grace", "[probers]") {
  Hall hall({.probers = {{"p-a", "a"}}});
  hall.core.apply(input::Lease{{.instance = "a"}, "peer"}, t0 + 1s);
  CHECK_FALSE(hall.core.probers().reachable("a"));
  SECTION("it comes back: nothing is said") {
    hall.hello("a", t0 + 2s);
    hall.until(t0 + 6s);
    CHECK(hall.said() == Said{});
  }
  SECTION("it does not") {
    hall.until(t0 + 6s);
    CHECK(hall.said() == Said{"prober_lost @5 p-a", "samples_lost @5 p-a"});
  }
}

TEST_CASE("a prober's samples are corrected by its clock, and never lie in the future",
          "[probers]") {
  const auto [offset, expected] = GENERATE(table<Duration, Said>({
      {-1h, Said{"updated @20"}},       // its clock is an hour ahead
      {-1h + 5s, Said{"updated @20"}},  // measured a little wrong: bounded by now
  }));
  Hall hall;
  hall.hello("a", t0);
  hall.core.apply(input::Lease{{.instance = "a", .clock_offset = offset}, "peer"}, t0 + 1s);
  (void)hall.said();
  const auto sample = [&](Instant at, Instant computed) {
    Sample seen{.target = 1, .probed_at = at + 1h, .since = at + 1h, .computed_at = computed};
    hall.core.apply(input::Samples{"p-a", "a", {seen}, std::nullopt}, at);
  };
  sample(t0 + 10s, t0);
  sample(t0 + 20s, t0 + 15s);
  auto changes = hall.core.take_changes();
  REQUIRE(changes.events.size() == 1);
  CHECK(Said{Bench::text_of(changes.events[0])} == expected);
}

TEST_CASE("events call a prober what the aggregator calls it", "[probers]") {
  Hall hall;
  for (const auto* instance : {"a", "b"}) {
    hall.core.apply(input::Hello{{.role = "prober", .name = "host", .instance = instance}, "peer"},
                    t0);
    hall.core.apply(input::Lease{{.instance = instance, .clock_offset = Duration(0)}, "peer"}, t0);
  }
  CHECK(hall.said() == Said{"prober_joined @0 host", "prober_joined @0 host-2"});
  std::vector<std::string> probers;
  int age = 0;
  for (const auto* instance : {"a", "b"})
    for (const auto seen_at : {t0 + 10s, t0 + 20s}) {
      const Sample seen{
          .target = 1, .probed_at = seen_at, .since = seen_at, .computed_at = t0 + 1s * ++age};
      hall.core.apply(
          input::Samples{
              std::string(hall.core.name_of(instance, "host")), instance, {seen}, std::nullopt},
          seen_at);
      for (const auto& event : hall.core.take_changes().events)
        if (event.kind == Kind::updated) probers.push_back(event.prober.value_or(""));
    }
  CHECK(probers == std::vector<std::string>{"host", "host-2", "host-2"});
}

TEST_CASE("probers of one name that were lost together come back by the names that they had",
          "[probers]") {
  Hall hall;
  const auto hello = [&](const char* instance, Instant at) {
    hall.core.apply(input::Hello{{.role = "prober", .name = "host", .instance = instance}, "peer"},
                    at);
  };
  hello("a", t0);
  hello("b", t0);
  hall.until(t0 + 10s);
  (void)hall.said();
  hello("b", t0 + 20s);
  hello("a", t0 + 20s);
  CHECK(hall.said() == Said{"prober_joined @20 host-2", "prober_joined @20 host"});
}

TEST_CASE("a prober that is restarted at once is lost, and who it is now is told", "[probers]") {
  Hall hall;
  const auto hello = [&](const char* instance, Instant at) {
    hall.core.apply(input::Hello{{.role = "prober", .name = "host", .instance = instance}, "peer"},
                    at);
  };
  const auto loss = [&] {
    for (const auto& event : hall.core.take_changes().events)
      if (event.kind == Kind::prober_lost) return event.name + ": " + event.detail.value_or("");
    return std::string();
  };
  hello("a", t0);
  SECTION("when it has another name, for its old one was not free yet") {
    hello("b", t0 + 2s);
    hall.until(t0 + 6s);
    CHECK(loss() ==
          "host: no sign of life for 5s; host-2 has joined since, perhaps the same one restarted");
  }
  SECTION("but of two that were there together one is lost and nothing else") {
    hello("b", t0 + 2s);
    hall.core.apply(input::Lease{{.instance = "a"}, "peer"}, t0 + 3s);
    hall.core.apply(input::Lease{{.instance = "b"}, "peer"}, t0 + 7s);
    hall.until(t0 + 9s);
    CHECK(loss() == "host: no sign of life for 5s");
  }
}

TEST_CASE("of a journal's probers that are here each has a name of its own", "[probers]") {
  // 0.1.0 gave none. A lost one may come back as what it was, if that is free then.
  Restored journal;
  journal.probers = {{.name = "host", .instance = "z", .heard_at = t0, .lost = true},
                     {.name = "host", .instance = "a", .heard_at = t0},
                     {.name = "host", .instance = "b", .heard_at = t0},
                     {.name = "host-2", .instance = "c", .heard_at = t0}};
  Hall hall(journal);
  CHECK(hall.core.name_of("a", "host") == "host");
  CHECK(hall.core.name_of("b", "host") == "host-2");
  CHECK(hall.core.name_of("c", "host-2") == "host-2-2");
  for (const auto* instance : {"b", "c", "a"})
    hall.core.apply(input::Hello{{.role = "prober", .name = "host", .instance = instance}, "peer"},
                    t0 + 1s);
  CHECK(hall.core.name_of("b", "host") == "host-2");
  CHECK(hall.said().empty());
}

TEST_CASE("samples of unknown targets are counted, not believed", "[probers]") {
  Hall hall;
  hall.core.apply(
      input::Samples{"x",
                     "x",
                     {Sample{.target = 0}, Sample{.target = 2}, Sample{.target = 4'000'000'000}},
                     std::nullopt},
      t0);
  CHECK(hall.core.probers().unknown_targets() == 3);
  CHECK(hall.said() == Said{});
}

TEST_CASE("a stepped wall clock: told; adopted, reminders keep their distance and nothing bursts",
          "[clock]") {
  const auto shift = GENERATE(Duration(1h), Duration(-1h));
  Bench bench;
  bench.ok(t0, t0 - 3h);  // stale, reminders at 300, 600 ...
  bench.ok(t0 + 30s, t0 - 3h);
  (void)bench.said();
  bench.core().apply(input::ClockStepped{shift, "because"}, t0 + 40s);
  bench.until(t0 + 40s);
  bench.adopt_clock(shift);
  for (int i = 1; i < 10; ++i) bench.ok(t0 + 40s + shift + i * 30s, t0 - 3h);
  const auto reminder = 300 + shift / 1s;
  CHECK(bench.said() ==
        Said{"clock_stepped @40 chat", "still_stale @" + std::to_string(reminder) + " e1 k1 chat"});
}

TEST_CASE("a loop that stood still judges nobody by the silence meanwhile", "[clock]") {
  Bench bench;
  bench.ok(t0, t0 - 14min);
  bench.core().apply(input::Resume{}, t0 + 1h);
  bench.core().apply(input::Tick{}, t0 + 1h);
  bench.ok(t0 + 1h + 1s, t0 + 1h);
  CHECK(bench.said() ==
        Said{"stale @60+1us e1 late", "updated @3601", "fresh_again @3601 e1 late"});
}

TEST_CASE("open problems are told with the facts of now", "[digest]") {
  Bench bench;
  bench.ok(t0, t0 - 20min);
  bench.fail(t0 + 10s);
  const auto problems = bench.core().targets().open_problems(0, 100, t0 + 60s).problems;
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].kind == Kind::failing);
  CHECK(*problems[0].reason == "http_status");
  CHECK(problems[1].kind == Kind::stale);
  CHECK(problems[1].seq == 1);
  CHECK(problems[1].age == Duration(21min));
  CHECK(problems[1].notify);
}

TEST_CASE("what was held back and is announced only now is no open problem of before", "[digest]") {
  Bench bench;
  bench.ok(t0, t0 - 14min);
  bench.fail(t0 + 10s);
  bench.until(t0 + 2min);  // stale, and inhibited by the failing server
  const auto head = bench.core().next_seq() - 1;
  CHECK(bench.core().targets().open_problems(0, head, t0 + 2min).problems.size() == 1);
  bench.ok(t0 + 3min, t0 - 14min);
  CHECK(bench.said().back() == "stale @180 e2 announced chat");
  CHECK(bench.core().targets().open_problems(0, head, t0 + 3min).problems.empty());
  CHECK(bench.core().targets().open_problems(0, head + 2, t0 + 3min).problems.size() == 1);
}
