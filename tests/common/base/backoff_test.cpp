#include "common/base/backoff.hpp"

#include "tests/catch.hpp"

#include <limits>

using namespace stalewatch;
using namespace std::chrono_literals;

TEST_CASE("waits double from the first to the longest, whatever the number of failures",
          "[backoff]") {
  constexpr Backoff backoff{.first = 250ms, .longest = 30s};
  CHECK(backoff.after(1) == 250ms);
  CHECK(backoff.after(2) == 500ms);
  CHECK(backoff.after(7) == 16s);
  CHECK(backoff.after(8) == 30s);  // not 32 s
  CHECK(backoff.after(std::numeric_limits<unsigned>::max()) == 30s);
  CHECK(backoff.after(0) == 250ms);
}

TEST_CASE("a longest wait that is no longer than the first is the only one", "[backoff]") {
  CHECK(Backoff{.first = 2s, .longest = 2s}.after(5) == 2s);
  CHECK(Backoff{.first = 2s, .longest = 1s}.after(1) == 1s);
}

TEST_CASE("the longest wait of all does not overflow", "[backoff]") {
  CHECK(Backoff{.first = 1us, .longest = Duration::max()}.after(63) == Duration(1) * (1LL << 62));
  CHECK(Backoff{.first = 1us, .longest = Duration::max()}.after(200) == Duration::max());
}

TEST_CASE("jitter spreads a wait between two shares of it", "[backoff]") {
  CHECK(jittered(8s, 0.75, 1.25, 0) == 6s);
  CHECK(jittered(8s, 0.75, 1.25, 0.5) == 8s);
  CHECK(jittered(8s, 0.75, 1.25, 1) == 10s);
  CHECK(jittered(8s, 0.5, 1, 0) == 4s);
  CHECK(jittered(Duration(3), 0.5, 0.5, 0.7) == Duration(2));
}
