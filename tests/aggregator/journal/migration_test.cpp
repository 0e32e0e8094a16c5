// Journals of older versions: the fixtures are dumps of files that those versions wrote.

#include "aggregator/journal/journal.hpp"
#include "aggregator/journal/schema.hpp"
#include "tests/aggregator/journal/run_sql.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

/// 25 events of three targets: A well, B failing, C retired; one prober, two consumers.
std::string journal_of_version_1(const Folder& folder) {
  auto file = folder.file("journal.sqlite");
  const std::string dump = TEST_DATA "/../aggregator/data/journal_v1.sql";
  REQUIRE(std::system(("sqlite3 '" + file + "' < '" + dump + "'").c_str()) == 0);
  return file;
}

std::string version_in(const std::string& file) {
  const auto line = run_sql(file, "SELECT value FROM meta WHERE name = 'schema_version'");
  return line.substr(0, line.find('\n'));
}

void check_what_version_1_wrote(Journal& journal) {
  CHECK(journal.id() == "cc5fcf50b1d7dff971c40852f1f04b4b");
  const auto page = journal.read(0, 100);
  REQUIRE(page.events.size() == 25);
  CHECK(page.head == 25);
  CHECK(page.events[15].kind == Kind::failing);
  CHECK(page.events[15].target == "B");
  CHECK(page.events[16].kind == Kind::retired);
}

}  // namespace

TEST_CASE("a journal of version 1 is brought up to date with all that it holds", "[journal]") {
  Folder folder;
  const auto file = journal_of_version_1(folder);
  {
    Journal journal(file, Journal::Mode::write);
    check_what_version_1_wrote(journal);
  }
  CHECK(version_in(file) == std::to_string(journal_schema_version()));
  Journal again(file, Journal::Mode::write);
  check_what_version_1_wrote(again);
  const auto restored = again.restore();
  CHECK(restored.next_seq == 26);
  CHECK(restored.next_id == 4);
  REQUIRE(restored.targets.size() == 2);
  CHECK(restored.targets[0].key == "A");
  CHECK(restored.targets[1].id == 2);
  CHECK(restored.targets[1].state.server.episode == 16);
  CHECK(restored.targets[1].state.server.announced);
  REQUIRE(restored.probers.size() == 1);
  CHECK(restored.probers[0].name == "prober-1");
  CHECK(restored.probers[0].instance == "e9ce8d43780593c9a2abc5eadb0543de");
  REQUIRE(restored.consumers.size() == 2);
  CHECK(restored.consumers[1] == ConsumerRow{.name = "recorder", .seq = 23});
  again.write({Changes{.consumers = {{.name = "recorder", .seq = 25}}}});
  CHECK(again.restore().consumers[1].seq == 25);
}

TEST_CASE("who only reads takes an older journal as it is", "[journal]") {
  Folder folder;
  const auto file = journal_of_version_1(folder);
  Journal journal(file, Journal::Mode::read);
  check_what_version_1_wrote(journal);
  CHECK(version_in(file) == "1");
}
