#include "aggregator/journal/journal.hpp"

#include "aggregator/journal/lock.hpp"
#include "aggregator/journal/threads.hpp"
#include "common/messages/wire.hpp"
#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"
#include "tests/run_sql.hpp"
#include "tests/temporary_folder.hpp"

#include <poll.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

Changes some(std::int64_t seq) {
  Event event{.seq = seq, .kind = Kind::updated, .target = "PROD", .at = t0};
  event.detail = std::string("a\0b", 3);
  Changes changes;
  changes.events = {event};
  changes.targets = {
      {1, "PROD", "PROD", "http://x/", "computed_time", false, StoredState{.answered = true}}};
  changes.probers = {{"p", "i1", 7, t0, true}};
  return changes;
}

}  // namespace

TEST_CASE("an event that cannot be understood is a hole, and what follows is not kept back",
          "[journal][bad element]") {
  Folder folder;
  const auto path = folder.file("journal.sqlite");
  Journal journal(path, Journal::Mode::write);
  journal.write({some(1), some(2), some(3), some(4)});
  run_sql(path, "UPDATE events SET body = x'c1' WHERE seq IN (2, 4)");
  auto page = journal.read(0, 10);
  REQUIRE(page.events.size() == 2);
  CHECK(page.events[1].seq == 3);
  CHECK(page.head == 4);
  CHECK(page.caught_up);
  page = journal.read(1, 1);
  REQUIRE(page.events.size() == 1);
  CHECK(page.events[0].seq == 3);
  CHECK_FALSE(page.caught_up);
  CHECK(journal.read(3, 10).caught_up);
  CHECK(journal.head_at(t0 + 1h) == 1);  // what cannot be dated counts as later
}

TEST_CASE("a kind that only a newer version knows stays in the journal as it is",
          "[journal][bad element]") {
  Folder folder;
  Journal journal(folder.file("journal.sqlite"), Journal::Mode::write);
  auto changes = some(1);
  changes.events[0].kind = EventKind::unknown("certificate_expires");
  journal.write({changes});
  CHECK(journal.read(0, 10).events == changes.events);
}

TEST_CASE("what cannot be understood of a stored state is told; the other targets are there",
          "[journal][bad element]") {
  Folder folder;
  const auto path = folder.file("journal.sqlite");
  Journal journal(path, Journal::Mode::write);
  auto changes = some(1);
  for (std::uint32_t id = 2; id <= 4; ++id) {
    changes.targets.push_back(changes.targets[0]);
    changes.targets.back().id = id;
    changes.targets.back().key = std::string(1, static_cast<char>('A' + id));
  }
  journal.write({changes});
  run_sql(path, "UPDATE targets SET state = x'c1' WHERE id = 2");
  // {"answered": true, "computed_at": "x"}
  run_sql(path,
          "UPDATE targets SET state = x'82a8616e737765726564c3ab636f6d70757465645f6174a178' WHERE "
          "id = 3");
  run_sql(path, "INSERT OR REPLACE INTO meta VALUES ('trouble', 'much')");
  const auto restored = journal.restore();
  REQUIRE(restored.targets.size() == 2);
  CHECK(restored.targets[1].key == "E");
  REQUIRE(restored.unreadable.size() == 2);
  CHECK(restored.unreadable[0].row.key == "C");
  CHECK(restored.unreadable[1].row.key == "D");
  CHECK(restored.unreadable[1].why == "computed_at: wrong type or out of range");
  CHECK(restored.trouble == OpenTrouble{});
}

TEST_CASE("what was written is there after opening again", "[journal]") {
  Folder folder;
  std::string id;
  {
    Journal journal(folder.file("sub/journal.sqlite"), Journal::Mode::write);
    id = journal.id();
    CHECK(journal.restore().next_seq == 1);
    journal.write({some(1), some(2)});
  }
  Journal journal(folder.file("sub/journal.sqlite"), Journal::Mode::write);
  CHECK(journal.id() == id);
  const auto restored = journal.restore();
  CHECK(restored.next_seq == 3);
  CHECK(restored.next_id == 2);
  REQUIRE(restored.targets.size() == 1);
  CHECK(restored.targets[0].state.answered);
  REQUIRE(restored.probers.size() == 1);
  CHECK(restored.probers[0].received == 7);
  CHECK(restored.probers[0].heard_at == t0);
  CHECK(restored.probers[0].lost);
  const auto page = journal.read(0, 10);
  REQUIRE(page.events.size() == 2);
  CHECK(page.events[0] == some(1).events[0]);
  CHECK(page.caught_up);
  CHECK(journal.read(0, 1).events.size() == 1);
  CHECK_FALSE(journal.read(0, 1).caught_up);
  CHECK(journal.read(-1, 10).after == 2);
}

TEST_CASE("a page ends where a message is full, and the next one goes on there", "[journal]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  Changes changes;
  for (std::int64_t seq = 1; seq <= 300; ++seq)
    changes.events.push_back(
        {.seq = seq, .address = std::string(seq == 150 ? 500'000 : 3'000, 'x')});
  journal.write({changes});
  std::int64_t reached = 0;
  std::size_t pages = 0;
  for (bool caught_up = false; !caught_up; ++pages) {
    const auto page = journal.read(reached, 1'000);
    REQUIRE_FALSE(page.events.empty());
    CHECK(page.events.front().seq == reached + 1);
    CHECK((encode(page).size() <= piece_bytes || page.events.size() == 1));
    reached = page.events.back().seq;
    caught_up = page.caught_up;
  }
  CHECK(reached == 300);
  CHECK(pages == 5);
}

TEST_CASE("a group that cannot be written leaves nothing behind", "[journal]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  journal.write({some(1)});
  CHECK_THROWS_AS(journal.write({some(2), some(1)}), std::runtime_error);
  CHECK(journal.read(0, 10).events.size() == 1);
  journal.write({some(2)});
  CHECK(journal.read(0, 10).events.size() == 2);
}

TEST_CASE("a second aggregator on the same journal is refused, naming the first", "[journal]") {
  Folder folder;
  const JournalLock first(folder.file("j"));
  CHECK_THROWS_WITH(JournalLock(folder.file("j")),
                    Catch::Matchers::ContainsSubstring("process id " + std::to_string(getpid())));
}

TEST_CASE("files that are not our journal are refused, not overwritten", "[journal]") {
  Folder folder;
  SECTION("another program's database") {
    { Journal journal(folder.file("j"), Journal::Mode::write); }
    REQUIRE(std::system(("sqlite3 " + folder.file("j") +
                         " \"UPDATE meta SET value = 'other' WHERE name = 'program'\"")
                            .c_str()) == 0);
    CHECK_THROWS_WITH(Journal(folder.file("j"), Journal::Mode::write),
                      Catch::Matchers::ContainsSubstring("not a journal of stalewatch"));
  }
  SECTION("a newer version") {
    { Journal journal(folder.file("j"), Journal::Mode::write); }
    REQUIRE(std::system(("sqlite3 " + folder.file("j") +
                         " \"UPDATE meta SET value = '99' WHERE name = 'schema_version'\"")
                            .c_str()) == 0);
    CHECK_THROWS_WITH(Journal(folder.file("j"), Journal::Mode::write),
                      Catch::Matchers::ContainsSubstring("schema version 99"));
  }
  SECTION("no database at all") {
    std::ofstream(folder.file("j")) << std::string(5000, 'x');
    CHECK_THROWS_AS(Journal(folder.file("j"), Journal::Mode::write), std::runtime_error);
  }
}

TEST_CASE("a folder that cannot be made is told with the key that names it", "[journal]") {
  const std::string path = "/proc/nowhere/j.sqlite";
  const std::string says = "journal.path: cannot make the folder /proc/nowhere: ";
  CHECK_THROWS_WITH(JournalLock(path), Catch::Matchers::ContainsSubstring(says));
  CHECK_THROWS_WITH(Journal(path, Journal::Mode::write), Catch::Matchers::ContainsSubstring(says));
}

TEST_CASE("the writer hands back what is on disk, in order", "[journal]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  Journal on_disk(folder.file("j"), Journal::Mode::read);  // the writer's is its thread's alone
  std::vector<std::int64_t> seen;
  {
    JournalWriter writer(journal);
    for (std::int64_t seq = 1; seq <= 500; ++seq) writer.submit(some(seq));
    while (seen.size() < 500) {
      pollfd item{writer.fd(), POLLIN, 0};
      REQUIRE(poll(&item, 1, 30'000) == 1);
      for (const auto& changes : writer.take_committed()) {
        seen.push_back(changes.events[0].seq);
        REQUIRE(on_disk.restore().next_seq > seen.back());
      }
    }
    CHECK(writer.queued() == 0);
  }
  for (std::size_t i = 0; i < seen.size(); ++i)
    REQUIRE(seen[i] == static_cast<std::int64_t>(i) + 1);
}

TEST_CASE("a reader answers pages, and only says who it is to a cursor of another journal",
          "[journal]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  journal.write({some(1), some(2)});
  JournalReader reader(folder.file("j"));
  const auto ask = [&](Replay request) {
    reader.submit("peer", std::move(request));
    pollfd item{reader.fd(), POLLIN, 0};
    REQUIRE(poll(&item, 1, 30'000) == 1);
    return reader.take_pages().at(0).second;
  };
  CHECK(ask({.journal = journal.id(), .after = 1}).events.size() == 1);
  const auto foreign = ask({.journal = "another", .after = 1});
  CHECK(foreign.events.empty());
  CHECK(foreign.journal == journal.id());
}
