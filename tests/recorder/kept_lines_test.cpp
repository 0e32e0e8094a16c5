#include "recorder/kept_lines.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <random>
#include <set>

namespace stalewatch::recorder {
namespace {

std::vector<Event> lines(std::initializer_list<std::int64_t> numbers) {
  std::vector<Event> events;
  for (const std::int64_t number : numbers) events.push_back({.seq = number});
  return events;
}

}  // namespace

TEST_CASE("the last lines of the two last transactions are watched", "[recorder]") {
  KeptLines kept;
  CHECK(kept.watched().empty());
  kept.add(lines({1, 2}));
  CHECK(kept.watched() == std::vector<std::int64_t>{2});
  kept.add(lines({}));
  kept.add(lines({9, 4}));
  kept.add(lines({5}));
  CHECK(kept.watched() == std::vector<std::int64_t>{4, 5});
  kept.watch_anew(true);
  CHECK(kept.watched() == std::vector<std::int64_t>{9});
  kept.watch_anew(false);
  CHECK(kept.watched().empty());
}

TEST_CASE("what is missing is counted, with the lowest and the highest of it", "[recorder]") {
  KeptLines kept;
  kept.add(lines({1, 2, 3, 10, 11, 12, 20}));
  const std::vector<std::int64_t> held = {1, 3, 7, 11, 20};
  auto missing = kept.take_missing(0, 20, held);
  CHECK((missing.lines == 3 && missing.first == 2 && missing.last == 12));
  missing = kept.take_missing(0, 20, held);
  CHECK(missing.lines == 0);
  missing = kept.take_missing(0, 20, {});
  CHECK((missing.lines == 4 && missing.first == 1 && missing.last == 20));
  CHECK(kept.empty());
}

TEST_CASE("what is compared in pages comes to the same as a set does", "[recorder]") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    KeptLines kept;
    std::set<std::int64_t> all, held;
    for (int n = 0; n < 60; ++n) {
      const auto number = static_cast<std::int64_t>(random() % 80 + 1);
      all.insert(number);
      kept.add(lines({number}));
    }
    for (std::int64_t number = 1; number <= 80; ++number)
      if (random() % 4 != 0) held.insert(number);
    KeptLines::Missing missing;
    const std::vector<std::int64_t> in_order(held.begin(), held.end());
    for (std::size_t at = 0; at < in_order.size() + 5; at += 5) {
      const auto page = std::span(in_order).subspan(std::min(at, in_order.size()));
      const auto some = page.first(std::min<std::size_t>(5, page.size()));
      const std::int64_t after = at == 0 ? 0 : in_order[at - 1];
      missing.add(kept.take_missing(after, some.size() < 5 ? 80 : some.back(), some));
      if (some.size() < 5) break;
    }
    std::set<std::int64_t> wanted;
    std::set_difference(all.begin(), all.end(), held.begin(), held.end(),
                        std::inserter(wanted, wanted.end()));
    CHECK(missing.lines == wanted.size());
    if (!wanted.empty())
      CHECK((missing.first == *wanted.begin() && missing.last == *wanted.rbegin()));
    missing = kept.take_missing(0, 80, in_order);
    CHECK(missing.lines == 0);
    missing = kept.take_missing(0, 80, {});
    CHECK(missing.lines == all.size() - wanted.size());
  }
}

TEST_CASE("of scattered numbers as many runs are remembered, what is not is counted",
          "[recorder]") {
  KeptLines kept;
  std::vector<Event> scattered;
  for (std::size_t n = 1; n <= KeptLines::most_runs + 1; ++n)
    scattered.push_back({.seq = static_cast<std::int64_t>(2 * n)});
  kept.add(scattered);
  CHECK(kept.forgotten() == KeptLines::most_runs / 2);
  const auto missing = kept.take_missing(0, kept.last(), {});
  CHECK(missing.lines + kept.forgotten() == scattered.size());
}

}  // namespace stalewatch::recorder
