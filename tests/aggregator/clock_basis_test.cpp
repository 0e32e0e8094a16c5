#include "aggregator/clock_basis.hpp"

#include "aggregator/core.hpp"
#include "tests/aggregator/instant.hpp"
#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;
using namespace std::chrono_literals;

namespace {

template <typename A, typename B>
concept Mix = requires(A a, B b) {
  a - b;
}
|| requires(A a, B b) { a < b; }
|| requires(A a, B b) { a == b; }
|| requires(A a, B b) { a = b; }
|| requires(A a, B b) { std::max(a, b); };

// The aggregator's time is no reading of the wall clock, and none of the monotonic one.
static_assert(Mix<NodeTime, NodeTime> && Mix<Timestamp, Timestamp>);
static_assert(!Mix<NodeTime, Timestamp> && !Mix<Timestamp, NodeTime>);
static_assert(!Mix<NodeTime, SteadyTime> && !Mix<SteadyTime, NodeTime>);
static_assert(!std::is_constructible_v<NodeTime, Timestamp>);
static_assert(!std::is_constructible_v<Timestamp, NodeTime>);
static_assert(!std::is_invocable_v<decltype(&Core::apply), Core&, const Input&, Timestamp>);
// What a server says of times does not move with the aggregator's clock.
static_assert(std::is_invocable_v<const ClockShift&, NodeTime&>);
static_assert(!std::is_invocable_v<const ClockShift&, Timestamp&>);

const Now start{SteadyTime(1000s), timestamp_from_us(1'800'000'000'000'000)};

Now after(Duration elapsed, Duration step = 0s) {
  return {start.mono + elapsed, start.wall + elapsed + step};
}

}  // namespace

TEST_CASE("small drifts are followed, never backwards", "[clock]") {
  ClockBasis basis(start);
  CHECK(basis.now(after(10s, 1s)) == Instant(start.wall) + 11s);
  CHECK(basis.now(after(10s + 1ms, -1s)) == Instant(start.wall) + 11s);
  CHECK_FALSE(basis.check(after(11s), std::nullopt).stepped);
}

TEST_CASE("a step is told once and moves nothing until the targets agree", "[clock]") {
  ClockBasis basis(start);
  const auto first = basis.check(after(10s, 1h), 0s);
  CHECK(first.stepped == Duration(1h));
  CHECK_FALSE(first.adopted);
  CHECK(basis.now(after(10s, 1h)) == Instant(start.wall) + 10s);
  CHECK_FALSE(basis.check(after(20s, 1h), 0s).stepped);
  SECTION("they agree: adopted at once") {
    const auto change = basis.check(after(30s, 1h), 1h + 1s);
    CHECK(change.adopted == Duration(1h));
    CHECK(basis.now(after(31s, 1h)) == Instant(start.wall) + 31s + 1h);
  }
  SECTION("nobody says anything: adopted after ten minutes") {
    CHECK_FALSE(basis.check(after(10s + 10min - 1us, 1h), std::nullopt).adopted);
    CHECK(basis.check(after(10s + 10min, 1h), std::nullopt).adopted == Duration(1h));
  }
  SECTION("it is taken back: nothing has happened") {
    CHECK_FALSE(basis.check(after(30s), 0s).stepped);
    CHECK_FALSE(basis.in_doubt());
    CHECK(basis.now(after(40s)) == Instant(start.wall) + 40s);
  }
  SECTION("another step on top is told as well") {
    CHECK(basis.check(after(30s, -1h), 0s).stepped == Duration(-1h));
  }
}
