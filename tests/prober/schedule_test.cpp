#include "prober/schedule.hpp"

#include "tests/catch.hpp"

#include <random>
#include <set>

namespace stalewatch::prober {
namespace {

using namespace std::chrono_literals;

const Timestamp t0 = timestamp_from_us(1'800'000'000'000'000);

/// Takes everything that falls due until `end`, in steps of the clock.
std::vector<Schedule::Due> run(Schedule& schedule, Timestamp from, Timestamp end, Duration step) {
  std::vector<Schedule::Due> all;
  for (Timestamp now = from; now <= end; now += step)
    while (const auto due = schedule.take(now)) all.push_back(*due);
  return all;
}

TEST_CASE("a due time lies on the target's own grid, after the time asked for", "[schedule]") {
  std::mt19937_64 random(Catch::getSeed());
  for (int i = 0; i < 10'000; ++i) {
    const auto id = static_cast<std::uint32_t>(random());
    const Duration interval{1 + static_cast<std::int64_t>(random() % 86'400'000'000)};
    const Timestamp t = t0 + Duration{static_cast<std::int64_t>(random() % 1'000'000'000'000)};
    const Timestamp slot = next_slot(id, interval, t);
    INFO("id " << id << " interval " << interval.count() << " t " << to_us(t));
    REQUIRE(slot > t);
    REQUIRE(slot - t <= interval);
    REQUIRE((slot.time_since_epoch() - phase_of(id, interval)) % interval == Duration::zero());
    REQUIRE(next_slot(id, interval, slot) == slot + interval);
  }
}

TEST_CASE("ids in a row are spread evenly over the interval", "[schedule]") {
  const Duration interval = 60s;
  std::vector<int> per_second(60);
  for (std::uint32_t id = 1; id <= 60'000; ++id)
    ++per_second[static_cast<std::size_t>(phase_of(id, interval) / 1s)];
  for (const int count : per_second) CHECK((count >= 990 && count <= 1010));
}

TEST_CASE("new targets are probed soon at a bounded rate, then on the grid", "[schedule]") {
  Schedule schedule;
  for (std::uint32_t id = 1; id <= 100; ++id) schedule.add(id, 60s, t0);
  const auto first = run(schedule, t0, t0 + 500ms, 1ms);
  std::set<std::uint32_t> seen;
  for (const auto& due : first) seen.insert(due.target);
  CHECK(seen.size() == 100);
  CHECK(first.size() <= 102);  // a grid slot may fall into the first half second
  CHECK(run(schedule, t0 + 501ms, t0 + 60s + 500ms, 10ms).size() >= 99);

  Schedule burst;
  for (std::uint32_t id = 1; id <= 100'000; ++id) burst.add(id, 60s, t0);
  CHECK(run(burst, t0, t0 + 1s, 1ms).size() < 2'000);  // 200 out of turn and 1,667 on the grid
  run(burst, t0 + 1001ms, t0 + 60s, 10ms);
  run(burst, t0 + 60s, t0 + 60s, 1ms);
  CHECK(burst.overdue(t0 + 60s) == 0);
}

TEST_CASE("each target is due once per interval, whatever the steps of the clock", "[schedule]") {
  Schedule schedule;
  schedule.add(7, 10s, t0);
  run(schedule, t0, t0 + 10s, 3ms);  // first probe and first slot
  const auto all = run(schedule, t0 + 10s, t0 + 110s, 700ms);
  CHECK(all.size() == 10);
  for (const auto& due : all) CHECK(due.missed == 0);
}

TEST_CASE("due times that passed unnoticed are one probe and a count", "[schedule]") {
  Schedule schedule;
  schedule.add(7, 10s, t0);
  schedule.take(t0);
  const Timestamp slot = next_slot(7, 10s, t0);
  const auto due = schedule.take(slot + 35s);
  REQUIRE(due);
  CHECK(due->at == slot);
  CHECK(due->missed == 3);
  CHECK_FALSE(schedule.take(slot + 35s));
  CHECK(schedule.next() == slot + 40s);
}

TEST_CASE("overdue targets go first, the longest overdue before the others", "[schedule]") {
  Schedule schedule;
  for (std::uint32_t id = 1; id <= 50; ++id) schedule.add(id, 60s, t0);
  run(schedule, t0, t0 + 1s, 1ms);
  const Timestamp later = t0 + 61s;
  CHECK(schedule.overdue(later) >= 49);
  Timestamp last{};
  while (const auto due = schedule.take(later)) {
    CHECK(due->at >= last);
    last = due->at;
  }
  CHECK(schedule.overdue(later) == 0);
}

TEST_CASE("a first failure is looked at again after 5 s, then the grid goes on", "[schedule]") {
  Schedule schedule;
  schedule.add(7, 60s, t0);
  schedule.take(t0);
  const Timestamp slot = next_slot(7, 60s, t0);
  REQUIRE(schedule.take(slot));
  schedule.recheck(7, slot + 1s);
  CHECK(schedule.next() == slot + 6s);
  REQUIRE(schedule.take(slot + 6s));
  CHECK(schedule.next() == slot + 60s);
  schedule.recheck(8, slot);  // unknown: nothing
  CHECK(schedule.next() == slot + 60s);

  Schedule fast;
  fast.add(7, 5s, t0);
  fast.take(t0);
  const auto next = fast.next();
  fast.recheck(7, t0);
  CHECK(fast.next() == next);  // its own slot is as soon
}

TEST_CASE("targets that go or change leave nothing behind", "[schedule]") {
  Schedule schedule;
  schedule.add(1, 60s, t0);
  schedule.add(2, 60s, t0);
  schedule.remove(1);
  CHECK(schedule.size() == 1);
  for (const auto& due : run(schedule, t0, t0 + 200s, 50ms)) CHECK(due.target == 2);
  const auto before = schedule.next();
  schedule.add(2, 60s, t0 + 200s);  // nothing new
  CHECK(schedule.next() == before);
  schedule.add(2, 7s, t0 + 200s);
  CHECK(schedule.next() == next_slot(2, 7s, t0 + 200s));
  schedule.remove(2);
  CHECK_FALSE(schedule.next());
  // Changing back and forth does not make the heap grow: each take finds the one entry that counts.
  for (int i = 0; i < 10'000; ++i) schedule.add(3, i % 2 == 0 ? 6s : 9s, t0);
  CHECK(run(schedule, t0, t0 + 9s, 9s).size() == 1);
}

}  // namespace
}  // namespace stalewatch::prober
