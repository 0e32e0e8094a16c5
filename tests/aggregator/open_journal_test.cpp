// Which journal is found at its place, and under which id it goes on.

#include "aggregator/app.hpp"
#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

/// A place for a journal, whose lock has a note of what was written there last.
struct Place {
  Place() { config.journal_path = folder.file("j"); }

  std::string opened(const JournalLock::Note& before) { return open_journal(config, before).id(); }
  void write(std::int64_t seq) {
    Changes changes;
    changes.events.push_back({.seq = seq, .kind = Kind::prober_joined, .at = t0, .decided_at = t0});
    Journal(config.journal_path, Journal::Mode::write).write({changes});
  }
  bool stems_from(const std::string& journal) {
    return Journal(config.journal_path, Journal::Mode::read)
        .read(Replay{.journal = journal})
        .shared.has_value();
  }

  Folder folder;
  Config config;
};

}  // namespace

TEST_CASE("a journal that is put in its place goes on under another id unless it is the newest",
          "[journal]") {
  Place place;
  const auto first = place.opened({});
  place.write(1);
  SECTION("it is the one that was written last") {
    CHECK(place.opened({first, 1}) == first);
    CHECK(place.opened({first, 0}) == first);  // the note is a second old
    CHECK(place.opened({}) == first);          // nobody knows
  }
  SECTION("it is an older copy") {
    CHECK(place.opened({first, 2}) != first);
    CHECK(place.stems_from(first));
  }
  SECTION("it was forked, and nobody noted that before the end") {
    const auto second = place.opened({first, 2});
    CHECK(place.opened({first, 2}) == second);
  }
  SECTION("it is a copy from before it was forked: its numbers are in use under its id") {
    const auto third = place.opened({"second", 9});
    CHECK(third != first);
    CHECK(place.stems_from(first));
    CHECK(place.opened({third, 1}) == third);
  }
}

TEST_CASE("an empty copy from before a fork goes on under another id, too", "[journal]") {
  Place place;
  const auto first = place.opened({});
  CHECK(place.opened({"second", 9}) != first);
}
