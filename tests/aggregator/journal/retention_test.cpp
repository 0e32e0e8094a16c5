#include "aggregator/journal/journal.hpp"
#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"
#include "tests/run_sql.hpp"
#include "tests/temporary_folder.hpp"

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

constexpr std::int64_t mib = 1 << 20;

/// One event a second from t0 on: every tenth is no update.
Changes second(std::int64_t seq, std::size_t bytes = 0) {
  Event event{.seq = seq,
              .kind = seq % 10 ? Kind::updated : Kind::failing,
              .target = "PROD",
              .at = t0 + seq * 1s,
              .decided_at = t0 + seq * 1s};
  if (bytes) event.detail = std::string(bytes, 'x');
  Changes changes;
  changes.events = {event};
  return changes;
}

void fill(Journal& journal, std::int64_t first, std::int64_t last, std::size_t bytes = 0) {
  std::vector<Changes> group;
  for (auto seq = first; seq <= last; ++seq) group.push_back(second(seq, bytes));
  journal.write(group);
}

/// Steps until nothing is left to do; the number of events that not all had acknowledged.
std::int64_t tidy(Journal& journal, const Retention& retention) {
  std::int64_t unread = 0;
  Tidied tidied;
  int steps = 0;
  do {
    tidied = journal.tidy(retention);
    unread += tidied.not_acked;
    REQUIRE(++steps < 1000);
  } while (tidied.more);
  return unread;
}

std::vector<std::int64_t> kept(Journal& journal) {
  std::vector<std::int64_t> seqs;
  for (const auto& event : journal.read(0, 5000).events) seqs.push_back(event.seq);
  return seqs;
}

Retention keeping(std::int64_t acked, Instant now) {
  return {.acked_by_all = acked,
          .keep_updates = 24h,
          .keep_events = 24h * 30,
          .max_size = 100 * mib,
          .now = now};
}

}  // namespace

TEST_CASE("updates go a day after all have acknowledged them, other events stay", "[retention]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  fill(journal, 1, 100);
  tidy(journal, keeping(55, t0 + 1h));
  CHECK(kept(journal).size() == 100);
  tidy(journal, keeping(100, t0 + 1h + 24h - 1us));
  CHECK(kept(journal).size() == 100);
  tidy(journal, keeping(100, t0 + 1h + 24h));
  // 1 to 55 were acknowledged a day ago; of them the tenths are left.
  CHECK(kept(journal).size() == 5 + 45);
  CHECK(kept(journal).front() == 10);
  tidy(journal, keeping(100, t0 + 60h));
  CHECK(kept(journal) == std::vector<std::int64_t>{10, 20, 30, 40, 50, 60, 70, 80, 90, 100});
}

TEST_CASE("other events go after thirty days, but not before all have them", "[retention]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  fill(journal, 1, 100);
  const auto late = t0 + 24h * 30 + 50s;
  tidy(journal, keeping(20, late));
  CHECK(kept(journal).front() == 21);
  tidy(journal, keeping(100, late + 1us));
  CHECK(kept(journal).front() == 51);
  tidy(journal, keeping(100, late + 24h));
  CHECK(kept(journal).empty());
}

TEST_CASE("numbers go on when everything was deleted, and after a restart", "[retention]") {
  Folder folder;
  {
    Journal journal(folder.file("j"), Journal::Mode::write);
    fill(journal, 1, 100);
    tidy(journal, keeping(100, t0 + 24h * 90));
    CHECK(kept(journal).empty());
    const auto page = journal.read(40, 10);
    CHECK(page.head == 100);
    CHECK(page.oldest == 101);
    CHECK(page.caught_up == false);
    CHECK(journal.read(100, 10).caught_up);
  }
  Journal journal(folder.file("j"), Journal::Mode::write);
  CHECK(journal.restore().next_seq == 101);
  fill(journal, 101, 101);
  CHECK(journal.restore().next_seq == 102);
}

TEST_CASE("beyond its size the journal loses the oldest, read or not, and grows no more",
          "[retention]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  auto retention = keeping(1000, t0);
  retention.max_size = 4 * mib;
  std::int64_t unread = 0;
  for (std::int64_t first = 1; first < 100'000; first += 500) {
    fill(journal, first, first + 499, 400);
    unread += tidy(journal, retention);
    journal.checkpoint();
    REQUIRE(journal.size() <= 4 * mib + mib);
  }
  const auto page = journal.read(0, 10);
  CHECK(page.oldest > 80'000);
  CHECK(unread == page.oldest - 1 - 1000);
  CHECK(std::filesystem::file_size(folder.file("j")) < 6 * mib);
}

TEST_CASE("where the journal was at an instant is found, holes or not", "[retention]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  CHECK(journal.head_at(t0) == 0);
  fill(journal, 1, 1000);
  CHECK(journal.head_at(t0) == 0);
  CHECK(journal.head_at(t0 + 1s) == 1);
  CHECK(journal.head_at(t0 + 500s - 1us) == 499);
  CHECK(journal.head_at(t0 + 2000s) == 1000);
  tidy(journal, keeping(800, t0));
  tidy(journal, keeping(800, t0 + 25h));
  CHECK(journal.head_at(t0 + 55s) == 50);
  CHECK(journal.head_at(t0 + 5s) == 9);
  CHECK(journal.head_at(t0 + 950s) == 950);
}

namespace {

/// Decided at these seconds after t0, in the order of their numbers from `first` on.
void decide(Journal& journal, std::int64_t first, const std::vector<int>& seconds) {
  Changes changes;
  for (const int at : seconds) {
    auto one = second(first++).events.front();
    one.decided_at = t0 + at * 1s;
    changes.events.push_back(one);
  }
  journal.write({changes});
}

std::int64_t begin_since(Journal& journal, int seconds) {
  return journal.read(Replay{.since = t0 + seconds * 1s}).after + 1;
}

}  // namespace

TEST_CASE("where the journal was at an instant is found when our clock was set back meanwhile",
          "[retention]") {
  Folder folder;
  {
    Journal journal(folder.file("j"), Journal::Mode::write);
    decide(journal, 1, {10, 20, 30, 40, 50, 60, 70, 80});
    decide(journal, 9, {11, 21, 31, 5});  // set back between two turns, and within one
    decide(journal, 13, {7});
  }
  Journal journal(folder.file("j"), Journal::Mode::write);
  decide(journal, 14, {2, 3});  // and while the aggregator was away
  SECTION("the newest that was decided by then") {
    CHECK(journal.head_at(t0 + 1s) == 0);
    CHECK(journal.head_at(t0 + 2s) == 14);
    CHECK(journal.head_at(t0 + 3s) == 15);
    CHECK(journal.head_at(t0 + 80s) == 15);
  }
  SECTION("the oldest that was decided since") {
    CHECK(begin_since(journal, 0) == 1);
    CHECK(begin_since(journal, 55) == 6);
    CHECK(begin_since(journal, 80) == 8);
    CHECK(begin_since(journal, 81) == 16);
  }
  SECTION("of those that are left") {
    // 8 and those after it are gone, but for the tenth.
    Retention retention = keeping(15, t0);
    tidy(journal, retention);
    retention.now = t0 + 25h;
    tidy(journal, retention);
    CHECK(kept(journal) == std::vector<std::int64_t>{10});
    CHECK(journal.head_at(t0 + 20s) == 9);
    CHECK(journal.head_at(t0 + 21s) == 10);
    CHECK(begin_since(journal, 11) == 10);
    CHECK(begin_since(journal, 22) == 16);
  }
}

TEST_CASE("a clock that goes back again and again leaves a bounded note, and the newest are found",
          "[retention]") {
  Folder folder;
  Journal journal(folder.file("j"), Journal::Mode::write);
  for (int i = 0; i < 1000; ++i) decide(journal, 2 * i + 1, {1000 - i, 2000 - i});
  CHECK(run_sql(folder.file("j"),
                "SELECT length(value) < 1000 FROM meta WHERE name = 'clock_set_back'") == "1\n");
  CHECK(journal.head_at(t0 + 1s) == 1999);
  CHECK(journal.head_at(t0 + 50s) == 1999);
  CHECK(journal.head_at(t0 + 1001s) == 2000);
}
