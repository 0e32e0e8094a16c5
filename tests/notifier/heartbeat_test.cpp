#include "notifier/heartbeat.hpp"

#include "common/base/clocks.hpp"
#include "common/process/health.hpp"
#include "tests/catch.hpp"

#include <atomic>

namespace stalewatch::notifier {
namespace {

using namespace std::chrono_literals;

const SteadyTime t0{1h};

TEST_CASE("the heartbeat is called at once when the chain moves, then each interval",
          "[notifier]") {
  HeartbeatSchedule schedule(60s);
  CHECK_FALSE(schedule.due(false, t0));
  CHECK(schedule.due(true, t0 + 1s));
  CHECK_FALSE(schedule.due(true, t0 + 60s));
  CHECK(schedule.due(true, t0 + 61s));
  CHECK_FALSE(schedule.due(false, t0 + 200s));
  CHECK(schedule.due(true, t0 + 201s));
}

TEST_CASE("a call that failed is repeated after ten seconds, or the interval if that is shorter",
          "[notifier]") {
  HeartbeatSchedule slow(60s), quick(2s);
  REQUIRE(slow.due(true, t0));
  slow.failed(t0 + 1s);
  CHECK_FALSE(slow.due(true, t0 + 10s));
  CHECK(slow.due(true, t0 + 11s));
  REQUIRE(quick.due(true, t0));
  quick.failed(t0 + 1s);
  CHECK(quick.due(true, t0 + 2s));
}

TEST_CASE("one call is under way at a time, and a hanging one does not hold up the loop",
          "[notifier]") {
  Health health("notifier");
  Metrics metrics(health);
  std::atomic<int> calls = 0;
  Heartbeat heartbeat(
      [&](const std::stop_token& stop) {
        ++calls;
        while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
        return HttpAnswer{};
      },
      1s, metrics);
  for (int i = 0; i < 10; ++i) heartbeat.step("", t0 + i * 1s);
  CHECK(heartbeat.stop(read_clocks().mono + 30s));
  CHECK(calls <= 1);
}

}  // namespace
}  // namespace stalewatch::notifier
