#include "aggregator/journal/journal.hpp"
#include "aggregator/journal/lock.hpp"
#include "aggregator/journal/threads.hpp"
#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"
#include "tests/inode_again.hpp"
#include "tests/run_sql.hpp"
#include "tests/temporary_folder.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <thread>

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

Changes one(std::int64_t seq) {
  Changes changes;
  changes.events = {Event{.seq = seq, .at = t0}};
  return changes;
}

}  // namespace

TEST_CASE("a fork has another id, goes on counting and knows where it came from", "[journal]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  const auto first = journal.id();
  const auto shared_with = [&](const std::string& other) {
    return journal.read(Replay{.journal = other}).shared;
  };
  journal.write({one(1), one(2), one(3), Changes{.fork = Fork{"second", 2}}, one(4)});
  CHECK(shared_with(first) == 2);
  journal.fork({"third", 4});
  CHECK(journal.id() == "third");
  CHECK(shared_with("second") == 4);
  CHECK(shared_with(first) == 2);
  CHECK_FALSE(shared_with("nobody"));
  const auto page = journal.read(Replay{.journal = first, .after = 9});
  CHECK(page.journal == "third");
  CHECK(page.events.empty());
  CHECK(page.shared == 2);
  CHECK(Journal(folder.file("j"), Journal::Mode::write).id() == "third");
}

TEST_CASE("what is read while the journal is forked is all from before or all from after",
          "[journal]") {
  constexpr std::int64_t forks = 200;
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  journal.write({one(1), Changes{.fork = Fork{"1", 0}}});
  Journal reader(folder.file("j"), Journal::Mode::read);
  std::atomic<std::int64_t> seen = 1;
  const std::jthread writer([&](const std::stop_token& stop) {
    // Each journal is called by its newest event. Only so many are remembered.
    for (std::int64_t seq = 2; seq <= forks && !stop.stop_requested(); ++seq) {
      while (seq - seen > 10 && !stop.stop_requested()) std::this_thread::yield();
      journal.write({one(seq), Changes{.fork = Fork{std::to_string(seq), seq - 1}}});
    }
  });
  for (std::string known = "1"; known != std::to_string(forks);) {
    const auto page = reader.read(Replay{.journal = known, .after = 0, .limit = 1'000});
    REQUIRE(page.journal == std::to_string(page.head));
    if (page.journal == known) {
      REQUIRE(page.events.size() == static_cast<std::size_t>(page.head));
    } else {
      REQUIRE(page.events.empty());
      REQUIRE(page.shared == std::stoll(known));  // without it a consumer would start over
    }
    known = page.journal;
    seen = page.head;
  }
}

TEST_CASE("a journal whose file was deleted is written anew with all that it held", "[journal]") {
  Folder folder;
  Journal journal(folder.file("sub/j"), Journal::Mode::write);
  journal.write({one(1)});
  CHECK(journal.place() == Journal::Place::ours);
  journal.write({one(2)});
  SECTION("the folder and all in it") { std::filesystem::remove_all(folder.file("sub")); }
  SECTION("only the log") { std::filesystem::remove(folder.file("sub/j-wal")); }
  REQUIRE(journal.place() == Journal::Place::gone);
  journal.write({one(3)});
  journal.rebuild();
  CHECK(journal.place() == Journal::Place::ours);
  journal.write({one(4)});
  Journal again(folder.file("sub/j"), Journal::Mode::write);
  CHECK(again.id() == journal.id());
  CHECK(again.read(0, 10).events.size() == 4);
}

TEST_CASE("a reader that lets go of a deleted file leaves the new one alone", "[journal]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  journal.write({one(1)});
  Journal reader(folder.file("j"), Journal::Mode::read);
  CHECK(reader.read(0, 10).events.size() == 1);
  for (const auto* part : {"", "-wal", "-shm"}) std::filesystem::remove(folder.file("j") + part);
  journal.rebuild();
  journal.write({one(2)});
  CHECK(journal.place() == Journal::Place::ours);
  reader.reopen();
  CHECK(journal.place() == Journal::Place::ours);
  CHECK(reader.read(0, 10).events.size() == 2);
}

TEST_CASE("a file that was put in the journal's place is noticed, and not read with our log",
          "[journal]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  journal.write({one(1)});
  const auto other = Journal(folder.file("other"), Journal::Mode::write).id();
  std::filesystem::rename(folder.file("other"), folder.file("j"));
  CHECK(journal.place() == Journal::Place::taken);
  journal.withdraw();
  CHECK(Journal(folder.file("j"), Journal::Mode::write).id() == other);
  journal.write({one(2)});
  CHECK(journal.place() == Journal::Place::taken);
  std::filesystem::remove(folder.file("j"));
  journal.rebuild();
  CHECK(journal.read(0, 10).events.size() == 2);
}

TEST_CASE("a journal that was moved away is complete with its log, which is put aside",
          "[journal]") {
  Folder folder;
  const std::filesystem::path path = folder.file("j"), away = folder.file("away");
  {
    Journal journal(path, Journal::Mode::write);
    journal.write({one(1)});
    const auto other = Journal(folder.file("other"), Journal::Mode::write).id();
    std::filesystem::rename(path, away);
    std::filesystem::rename(folder.file("other"), path);
    journal.withdraw();
    journal.write({one(2)});
  }
  const auto aside = path.string() + "-wal.of-inode-" + std::to_string(inode_of(away));
  REQUIRE(std::filesystem::exists(aside));
  CHECK_FALSE(std::filesystem::exists(path.string() + "-wal"));
  std::filesystem::rename(aside, away.string() + "-wal");
  CHECK(run_sql(away, "PRAGMA integrity_check; SELECT count(*) FROM events") == "ok\n2\n");
}

std::vector<Changes> many(std::int64_t last) {
  std::vector<Changes> all;
  for (std::int64_t seq = 1; seq <= last; ++seq) all.push_back(one(seq));
  return all;
}

TEST_CASE("a file that was put in the journal's place gets nothing of our log at the next start",
          "[journal]") {
  Folder folder;
  const std::filesystem::path path = folder.file("j"), copy = folder.file("other");
  std::string other;
  {
    Journal journal(copy, Journal::Mode::write);
    journal.write(many(2'000));
    other = journal.id();
  }
  SECTION("moved there") {
    Journal journal(path, Journal::Mode::write);
    journal.write(many(1'000));
    std::filesystem::rename(copy, path);
  }
  SECTION("copied there after ours was deleted, with the inode of ours") {
    ino_t inode = 0;
    {
      Journal journal(path, Journal::Mode::write);
      journal.write(many(1'000));
      inode = inode_of(path);
      std::filesystem::remove(path);
    }
    if (!make_with_inode(path, inode)) return;
    std::filesystem::copy_file(copy, path, std::filesystem::copy_options::overwrite_existing);
    REQUIRE(inode_of(path) == inode);
  }
  Journal journal(path, Journal::Mode::write);
  CHECK(journal.id() == other);
  CHECK(run_sql(path, "PRAGMA integrity_check; SELECT count(*) FROM events") == "ok\n2000\n");
}

TEST_CASE("the lock says how far the journal had come, and comes back when it was deleted",
          "[journal]") {
  Folder folder;
  {
    JournalLock lock(folder.file("j"));
    CHECK(lock.before().journal.empty());
    lock.note({"abc", 1234});
    CHECK_THROWS_WITH(JournalLock(folder.file("j")),
                      Catch::Matchers::ContainsSubstring("process id " + std::to_string(getpid())));
    std::filesystem::remove(folder.file("j.lock"));
    lock.note({"abc", 1235});
    CHECK_THROWS_AS(JournalLock(folder.file("j")), std::runtime_error);
  }
  const JournalLock lock(folder.file("j"));
  CHECK(lock.before().journal == "abc");
  CHECK(lock.before().head == 1235);
}

TEST_CASE("the lock says where its holder takes commands, once the journal has an id",
          "[journal]") {
  Folder folder;
  const auto path = folder.file("j");
  CHECK(noted_control(path).empty());
  const std::string longest = "ipc:///" + std::string(90, 'x') + "/with a space/control";
  {
    JournalLock lock(path, longest);
    CHECK(noted_control(path).empty());
    lock.note({"abc", 1234});
    CHECK(noted_control(path) == longest);
  }
  {
    JournalLock lock(path, "tcp://127.0.0.1:5556");
    CHECK(lock.before().journal == "abc");
    CHECK(lock.before().head == 1234);
    CHECK(noted_control(path) == "tcp://127.0.0.1:5556");
  }
  JournalLock lock(path);  // as of a pipe, or of an older version
  CHECK(lock.before().head == 1234);
  CHECK(noted_control(path).empty());
}

TEST_CASE("the writer notes in the lock how far the journal has come, and tells when it lost it",
          "[journal]") {
  Folder folder;
  std::optional<JournalLock> lock(folder.file("j"));
  Journal journal(folder.file("j"), Journal::Mode::write);
  JournalWriter writer(journal, {{}, 0}, &*lock);
  const auto tend_until = [&](auto seen) {  // as each second's beat does
    for (int i = 0; i < 1000 && !seen(); ++i) {
      writer.tend({.now = t0}, {"abc", 7});
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return seen();
  };
  const auto content = [&] {
    return run_sql(":memory:", "SELECT readfile('" + folder.file("j.lock") + "')");
  };
  CHECK(tend_until([&] { return content().find(" abc 7 ") != std::string::npos; }));
  CHECK(writer.state().trouble.empty());
  std::filesystem::remove(folder.file("j.lock"));
  std::optional<JournalLock> other(folder.file("j"));
  CHECK(
      tend_until([&] { return writer.state().trouble.find("is in use by") != std::string::npos; }));
  CHECK_FALSE(writer.state().blocked);
  other.reset();
  CHECK(tend_until([&] { return writer.state().trouble.empty(); }));
}
