#include "mock_server/path_state.hpp"

#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::mock_server;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp t0 = timestamp_from_us(1795341723000000);

Change read(std::string_view spec) { return *parse_change(*split_spec(spec)); }

PathState state_with(std::string_view spec) {
  PathState state;
  apply(state, read(spec), t0);
  return state;
}

Timestamp shown(const PathState& state, Timestamp now) {
  return computed_at(in_force(state, now).timeline, now);
}

}  // namespace

TEST_CASE("updates come every so often, the first at once", "[mock_server]") {
  const PathState state = state_with("updates,every=5s");
  CHECK(shown(state, t0) == t0);
  CHECK(shown(state, t0 + 5s - 1us) == t0);
  CHECK(shown(state, t0 + 5s) == t0 + 5s);
  CHECK(shown(state, t0 + 17s) == t0 + 15s);
  CHECK(shown(state, t0 - 1h) == t0);  // a clock set back shows nothing newer
  CHECK(shown(state_with("updates,every=5s,age=1m"), t0 + 5s) == t0 - 55s);
}

TEST_CASE("frozen keeps what was shown, an instant or an age", "[mock_server]") {
  PathState state = state_with("updates,every=5s");
  apply(state, read("frozen"), t0 + 7s);
  CHECK(shown(state, t0 + 1h) == t0 + 5s);
  apply(state, read("frozen,age=20m"), t0 + 1h);
  CHECK(shown(state, t0 + 2h) == t0 + 40min);
  apply(state, read("frozen,at=2026-01-02T03:04:05Z"), t0 + 2h);
  CHECK(shown(state, t0 + 3h) == timestamp_from_us(1767323045000000));
  apply(state, read("updates"), t0 + 4h + 1s);
  CHECK(shown(state, t0 + 4h + 6s) == t0 + 4h + 6s);  // the cadence set before
}

TEST_CASE("data go on behind a failure", "[mock_server]") {
  PathState state = state_with("frozen,age=20m");
  apply(state, read("status:500"), t0 + 1s);
  CHECK(in_force(state, t0 + 2s).mode == Mode::status);
  CHECK(in_force(state, t0 + 2s).status == 500);
  apply(state, read("ok"), t0 + 3s);
  CHECK(in_force(state, t0 + 4s).mode == Mode::ok);
  CHECK(in_force(state, t0 + 4s).status == 200);
  CHECK(shown(state, t0 + 4s) == t0 - 20min);
}

TEST_CASE("older steps back for one answer or for good", "[mock_server]") {
  PathState state = state_with("updates,every=5s");
  apply(state, read("older,by=1m,count=1"), t0 + 5s);
  CHECK(computed_at(take(state, t0 + 6s).timeline, t0 + 6s) == t0 + 5s - 1min);
  CHECK(computed_at(take(state, t0 + 7s).timeline, t0 + 7s) == t0 + 5s);
  apply(state, read("older"), t0 + 8s);
  CHECK(shown(state, t0 + 8s) == t0 + 5s - 10min);
  CHECK(shown(state, t0 + 13s) == t0 + 10s - 10min);  // and goes on from there
}

TEST_CASE("a change for a while ends at its instant", "[mock_server]") {
  PathState state = state_with("updates,every=5s");
  apply(state, read("hang,for=10s"), t0);
  CHECK(take(state, t0 + 10s - 1us).mode == Mode::hang);
  CHECK(take(state, t0 + 10s).mode == Mode::ok);
  CHECK_FALSE(state.temporary);
  CHECK(shown(state, t0 + 10s) == t0 + 10s);
}

TEST_CASE("a change for some answers ends after them", "[mock_server]") {
  PathState state = state_with("updates");
  apply(state, read("status:404,count=2"), t0);
  CHECK(in_force(state, t0).status == 404);  // looking takes nothing
  CHECK(take(state, t0).status == 404);
  CHECK(take(state, t0).status == 404);
  CHECK(take(state, t0).status == 200);
}

TEST_CASE("a lasting change ends a temporary one, and a temporary one replaces another",
          "[mock_server]") {
  PathState state = state_with("updates");
  apply(state, read("hang,for=1h"), t0);
  apply(state, read("status:404,for=1h"), t0);
  CHECK(in_force(state, t0).mode == Mode::status);
  apply(state, read("html"), t0);
  CHECK(in_force(state, t0).mode == Mode::html);
  CHECK(in_force(state, t0 + 2h).mode == Mode::html);
}

TEST_CASE("what is not named stays as it was", "[mock_server]") {
  PathState state = state_with("updates,every=5s,format=python,field=a.b,sleep=1s,date_offset=5m");
  apply(state, read("status:500"), t0);
  apply(state, read("updates"), t0);
  const Settings& settings = in_force(state, t0);
  CHECK(settings.timeline.every == 5s);
  CHECK(settings.style.format == "python");
  CHECK(settings.field == "a.b");
  CHECK(settings.sleep == 1s);
  CHECK(settings.date_offset == 5min);
}
