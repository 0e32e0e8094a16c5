// What events say of the data: true at the instant that they tell of, with what the sample under
// way has brought.

#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

namespace stalewatch::aggregator {
namespace {

struct Facts {
  std::string event;
  std::optional<Duration> age;
  std::optional<Instant> computed_at;
  bool operator==(const Facts&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Facts& f) {
  out << f.event << " age=";
  f.age ? out << f.age->count() : out << "?";
  return out << " computed=" << (f.computed_at ? format_utc(*f.computed_at) : "?");
}

/// Facts of the last `n` events.
std::vector<Facts> last(const Bench& bench, std::size_t n) {
  std::vector<Facts> facts;
  const auto& all = bench.all();
  for (std::size_t i = all.size() - std::min(n, all.size()); i < all.size(); ++i)
    facts.push_back({std::string(name_of(all[i].kind)), all[i].age, all[i].computed_at});
  return facts;
}

TEST_CASE("a recovery tells the data that the recovering answer brought, then come the updates") {
  Bench bench;
  bench.ok(t0, t0);
  bench.fail(t0 + 10s);
  bench.until(t0 + 20min);
  SECTION("new data") {
    bench.ok(t0 + 20min, t0 + 20min - 1s);
    const Instant computed = t0 + 20min - 1s;
    // watched again, answering again, updated, fresh again: all of the same data
    CHECK(last(bench, 4) == std::vector<Facts>{{"watched_again", 1s, computed},
                                               {"answering_again", 1s, computed},
                                               {"updated", 1s, computed},
                                               {"fresh_again", 1s, computed}});
    CHECK(bench.all()[bench.all().size() - 3].threshold == server().threshold);
  }
  SECTION("the same data") {
    bench.ok(t0 + 20min, t0);
    CHECK(last(bench, 2) ==
          std::vector<Facts>{{"answering_again", 20min, t0}, {"stale", 20min, t0}});
  }
  SECTION("older data, which are not believed yet") {
    bench.ok(t0 + 20min, t0 - 1h);
    const auto facts = last(bench, 3);
    CHECK(facts[0] == Facts{"answering_again", 20min, t0});
    CHECK(facts[1] == Facts{"went_back", 1h + 20min, t0 - 1h});
  }
}

TEST_CASE("older data that are adopted with the recovering answer are what it tells") {
  auto config = server();
  config.went_back_after = 1;
  Bench bench({config});
  bench.ok(t0, t0);
  bench.fail(t0 + 10s);
  bench.ok(t0 + 20s, t0 - 5min);
  CHECK(last(bench, 2) == std::vector<Facts>{{"answering_again", 5min + 20s, t0 - 5min},
                                             {"went_back", 5min + 20s, t0 - 5min}});
}

TEST_CASE("a late update is as old as its own data were") {
  Bench bench;
  bench.ok(t0, t0);
  bench.ok(t0 + 60s, t0 + 60s);
  Sample old{.http_status = 200, .computed_at = t0 + 30s};
  old.target = *bench.core().targets().id_of("PROD");
  old.probed_at = old.since = t0 + 31s;
  bench.core().apply(input::Samples{"p2", "feeder", {old}, std::nullopt}, t0 + 61s);
  const auto changes = bench.core().take_changes();
  REQUIRE(changes.events.size() == 1);
  CHECK(changes.events[0].late);
  CHECK(changes.events[0].age == Duration(1s));
}

}  // namespace
}  // namespace stalewatch::aggregator
