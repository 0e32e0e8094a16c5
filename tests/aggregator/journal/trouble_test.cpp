#include "aggregator/core.hpp"
#include "aggregator/journal/journal.hpp"
#include "aggregator/journal/threads.hpp"
#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <poll.h>

#include <fstream>

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

Changes one(std::int64_t seq) {
  Changes changes;
  changes.events = {Event{.seq = seq, .at = t0, .detail = std::string(300, 'x')}};
  return changes;
}

JournalFault fault_of_write(Journal& journal, std::int64_t seq) {
  try {
    journal.write({one(seq)});
  } catch (const JournalError& e) {
    return e.fault;
  }
  FAIL("it was written");
  return JournalFault::other;
}

}  // namespace

TEST_CASE("a journal that another process holds locked is told as that, and written later",
          "[journal]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  FILE* const other = popen(("sqlite3 '" + folder.file("j") + "'").c_str(), "w");
  fputs("BEGIN IMMEDIATE;\n", other);
  fputs((".shell touch '" + folder.file("locked") + "'\n").c_str(), other);
  fflush(other);
  while (!std::filesystem::exists(folder.file("locked"))) poll(nullptr, 0, 10);
  CHECK(fault_of_write(journal, 1) == JournalFault::locked);
  pclose(other);
  journal.write({one(1)});
}

TEST_CASE("a damaged journal is refused at the start, with what to do", "[journal]") {
  Folder folder;
  {
    Journal journal(folder.file("j"), Journal::Mode::write);
    for (std::int64_t seq = 1; seq <= 1000; ++seq) journal.write({one(seq)});
  }
  const auto size = std::filesystem::file_size(folder.file("j"));
  SECTION("a page in the middle was torn") {
    std::fstream file(folder.file("j"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2 / 4096 * 4096));
    file << std::string(4096, 'x');
  }
  SECTION("its end is gone") { std::filesystem::resize_file(folder.file("j"), size - 3 * 4096); }
  CHECK_THROWS_WITH(Journal(folder.file("j"), Journal::Mode::write),
                    Catch::Matchers::ContainsSubstring("damaged") &&
                        Catch::Matchers::ContainsSubstring("put a copy of it back") &&
                        Catch::Matchers::ContainsSubstring("start anew"));
}

TEST_CASE("a journal whose log was torn by a crash opens with whole transactions", "[journal]") {
  Folder folder;
  std::optional<Journal> journal(std::in_place, folder.file("j"), Journal::Mode::write);
  for (std::int64_t seq = 1; seq <= 200; ++seq) journal->write({one(2 * seq - 1), one(2 * seq)});
  for (const int part : {1, 3, 7, 10, 50, 99}) {
    // As after a crash: copies of both files, while the journal is open.
    std::filesystem::copy_file(folder.file("j"), folder.file("copy"),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(folder.file("j-wal"), folder.file("copy-wal"),
                               std::filesystem::copy_options::overwrite_existing);
    const auto log = std::filesystem::file_size(folder.file("copy-wal"));
    std::filesystem::resize_file(folder.file("copy-wal"),
                                 log * static_cast<std::uintmax_t>(part) / 100 + 13);
    if (part == 1) continue;  // not even the tables are in it
    Journal copy(folder.file("copy"), Journal::Mode::write);
    const auto page = copy.read(0, 5000);
    CHECK(page.head % 2 == 0);
    CHECK(page.events.size() == static_cast<std::size_t>(page.head));
  }
}

TEST_CASE("the reserve is made of real blocks, and given back once", "[journal]") {
  Folder folder;
  DiskReserve reserve(folder.file("r"), 1 << 20);
  CHECK_FALSE(reserve.held());
  CHECK_FALSE(reserve.release());
  CHECK(reserve.take().empty());
  CHECK(reserve.held());
  CHECK(reserve.release());
  CHECK_FALSE(reserve.release());
  DiskReserve too_large(folder.file("r"), std::int64_t{1} << 60);
  CHECK(too_large.take() == "too little space is left on the disk");
  CHECK_FALSE(std::filesystem::exists(folder.file("r")));
}

TEST_CASE("trouble with the journal is one episode, also across a restart", "[journal]") {
  Bench bench;
  bench.core().apply(input::JournalTrouble{"the disk is full"}, t0);
  bench.core().apply(input::JournalTrouble{"the disk is full; no reserve"}, t0 + 1s);
  const auto changes = bench.core().take_changes();
  REQUIRE(changes.events.size() == 1);
  CHECK(changes.events[0].kind == Kind::journal_trouble);
  REQUIRE(changes.trouble);
  Folder folder;
  {
    Journal journal(folder.file("j"), Journal::Mode::write);
    journal.write({changes});
  }
  Journal journal(folder.file("j"), Journal::Mode::write);
  Core core(journal.restore(), 1h, t0 + 1min);
  core.apply(input::JournalTrouble{""}, t0 + 1min);
  const auto after = core.take_changes();
  REQUIRE(after.events.size() == 1);
  CHECK(after.events[0].kind == Kind::journal_ok);
  CHECK(after.events[0].episode == changes.events[0].seq);
  CHECK(after.events[0].since == t0);
}
