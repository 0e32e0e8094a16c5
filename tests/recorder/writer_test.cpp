#include "recorder/writer.hpp"

#include "common/base/clocks.hpp"
#include "tests/catch.hpp"

#include <poll.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <sstream>
#include <utility>

namespace stalewatch::recorder {
namespace {

using namespace std::chrono_literals;

/// A database in memory that fails as told. Outlives the store, as a server does.
struct FakeDatabase {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Cursor> cursor;
  std::vector<std::int64_t> stored;
  std::set<std::int64_t> poison;
  int fail_opens = 0;
  int fail_writes = 0;               ///< the transaction is rolled back
  int lose_commit_answers = 0;       ///< it takes effect, but the answer is lost
  int lose_commits = 0;              ///< it does not, and there is no answer
  int fail_looks = 0;                ///< for what is held
  std::size_t most_at_once = 1'000;  ///< what outlives a timeout beyond
  int writes = 0;
  std::optional<Cursor> put_back;  ///< where it stands after the next write that it refuses
  bool hangs = false;
  bool asked = false;  ///< somebody waits while it hangs
};

class FakeStore : public EventStore {
 public:
  explicit FakeStore(FakeDatabase& database) : database_(database) {}

  Opened open() override {
    std::unique_lock lock(database_.mutex);
    database_.asked = true;
    database_.changed.notify_all();
    database_.changed.wait(lock, [&] { return !database_.hangs; });
    if (database_.fail_opens > 0 && database_.fail_opens--)
      return StoreError{Trouble::connection, "away"};
    open_ = true;
    return database_.cursor;
  }

  Written write(const std::string&, std::span<const Event> events,
                const std::optional<Cursor>& cursor) override {
    const std::lock_guard lock(database_.mutex);
    REQUIRE(std::exchange(open_, false));
    ++database_.writes;
    if (database_.fail_writes > 0 && database_.fail_writes--)
      return StoreError{Trouble::refused, "locked"};
    if (events.size() > database_.most_at_once) return StoreError{Trouble::connection, "slow"};
    for (const Event& event : events)
      if (database_.poison.contains(event.seq)) {
        if (database_.put_back) database_.cursor = std::exchange(database_.put_back, std::nullopt);
        return StoreError{Trouble::data, "bad row"};
      }
    Rows rows;
    const auto before = database_.stored;
    for (const Event& event : events) {
      if (has(event.seq)) continue;
      database_.stored.push_back(event.seq);
      ++rows.events;
    }
    if (database_.lose_commits > 0 && database_.lose_commits--) {
      database_.stored = before;
      return StoreError{Trouble::connection, "lost", new_of(events, before)};
    }
    if (cursor) database_.cursor = cursor;
    if (database_.lose_commit_answers > 0 && database_.lose_commit_answers--)
      return StoreError{Trouble::connection, "lost", new_of(events, before)};
    open_ = true;
    return rows;
  }

  WrittenLines write_lines(const std::string& journal, std::span<const Event> lines,
                           std::span<const std::int64_t> watched) override {
    LinesStored stored;
    {
      const std::lock_guard lock(database_.mutex);
      for (const Event& line : lines)
        if (has(line.seq)) stored.there_before.insert(line.seq);
      for (const std::int64_t seq : watched) stored.watched_are_there &= has(seq);
    }
    auto written = write(journal, lines, std::nullopt);
    if (auto* error = std::get_if<StoreError>(&written)) return std::move(*error);
    stored.rows = std::get<Rows>(written);
    return stored;
  }

  Held held(const std::string&, std::int64_t after, std::int64_t last) override {
    const std::lock_guard lock(database_.mutex);
    REQUIRE(open_);
    if (database_.fail_looks > 0 && database_.fail_looks--)
      return open_ = false, StoreError{Trouble::connection, "no look"};
    std::vector<std::int64_t> found;
    for (const std::int64_t seq : database_.stored)
      if (seq > after && seq <= last) found.push_back(seq);
    std::sort(found.begin(), found.end());
    return found;
  }

  std::string describe() const override { return "fake"; }

 private:
  static std::set<std::int64_t> new_of(std::span<const Event> events,
                                       const std::vector<std::int64_t>& stored) {
    std::set<std::int64_t> found;
    for (const Event& event : events) found.insert(event.seq);
    for (const std::int64_t seq : stored) found.erase(seq);
    return found;
  }
  bool has(std::int64_t seq) const {
    return std::find(database_.stored.begin(), database_.stored.end(), seq) !=
           database_.stored.end();
  }

  FakeDatabase& database_;
  bool open_ = false;
};

Work work(std::int64_t first, std::int64_t last) {
  Work result{.journal = "j", .events = {}, .cursor = Cursor{"j", last}};
  for (auto seq = first; seq <= last; ++seq)
    result.events.push_back({.seq = seq, .kind = Kind::updated});
  return result;
}

/// A writer that tries again quickly, and what it reports, in words.
struct Tried {
  explicit Tried(FakeDatabase& database)
      : writer(std::make_unique<FakeStore>(database), 1ms, 4ms) {}

  /// Waits until a report that begins with `what` has come.
  bool until(const std::string& what) {
    return until([&] {
      return std::any_of(told.begin(), told.end(),
                         [&](const auto& t) { return t.starts_with(what); });
    });
  }
  bool until_there_are(std::size_t reports) {
    return until([&] { return told.size() >= reports; });
  }
  template <typename Condition>
  bool until(Condition condition) requires std::is_invocable_r_v<bool, Condition> {
    for (const auto deadline = read_clocks().mono + 20s; read_clocks().mono < deadline;) {
      pollfd fd = {writer.fd(), POLLIN, 0};
      ::poll(&fd, 1, 100);
      for (const auto& report : writer.take_reports()) {
        told.push_back(std::visit([](const auto& r) { return words(r); }, report));
        const auto* failed = std::get_if<Writer::Failed>(&report);
        waits.push_back(failed ? failed->next_try : Duration(0));
      }
      if (condition()) return true;
    }
    return false;
  }

  static std::string words(const Writer::Opened& r) {
    return "opened " + std::to_string(r.cursor ? r.cursor->seq : -1);
  }
  static std::string words(const Writer::Written& r) {
    std::string text =
        std::string(r.done ? "written" : "part") + " " + std::to_string(r.rows.events);
    if (r.already_there > 0) text += " there " + std::to_string(r.already_there);
    for (const Event& event : r.set_aside) text += " without " + std::to_string(event.seq);
    return text;
  }
  static std::string words(const Writer::Lost& r) {
    const auto& [lines, first, last] = r.missing;
    return "lost " + std::to_string(lines) + ": " + std::to_string(first) + ".." +
           std::to_string(last);
  }
  static std::string words(const Writer::Failed& r) { return "failed " + r.error.text; }

  std::vector<std::string> told;
  std::vector<Duration> waits;  ///< before the next attempt, for each that was told
  Writer writer;
};

/// As from a pipe.
Work lines(std::int64_t first, std::int64_t last) {
  Work result = work(first, last);
  result.cursor.reset();
  return result;
}

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("a writer says where the store stands, then writes", "[recorder]") {
  FakeDatabase database{
      .mutex = {}, .changed = {}, .cursor = Cursor{"j", 3}, .stored = {}, .poison = {}};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(work(4, 6));
  REQUIRE(tried.until("written"));
  CHECK(tried.told == Told{"opened 3", "written 3"});
  CHECK(database.cursor == Cursor{"j", 6});
}

TEST_CASE("a database that is away is waited for, one that refuses is asked again", "[recorder]") {
  FakeDatabase database{.mutex = {},
                        .changed = {},
                        .cursor = {},
                        .stored = {},
                        .poison = {},
                        .fail_opens = 2,
                        .fail_writes = 2};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(work(1, 2));
  REQUIRE(tried.until("written"));
  CHECK(tried.told == Told{"failed away", "failed away", "opened -1", "failed locked",
                           "failed locked", "part 1", "written 1"});
  CHECK(database.stored == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("a commit whose answer was lost is found done, not done again", "[recorder]") {
  FakeDatabase database{.mutex = {},
                        .changed = {},
                        .cursor = {},
                        .stored = {},
                        .poison = {},
                        .lose_commit_answers = 1};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(work(1, 2));
  REQUIRE(tried.until("written"));
  CHECK(tried.told == Told{"opened -1", "failed lost", "written 2"});
  CHECK(database.writes == 1);
}

TEST_CASE("a database that was put back is gone on from where it stands", "[recorder]") {
  FakeDatabase database{
      .mutex = {}, .changed = {}, .cursor = Cursor{"j", 5}, .stored = {}, .poison = {}};
  Tried tried(database);
  REQUIRE(tried.until("opened 5"));
  database.fail_writes = 1;
  database.cursor = Cursor{"j", 2};
  tried.writer.submit(work(6, 7));
  REQUIRE(tried.until("opened 2"));
  CHECK(tried.told == Told{"opened 5", "failed locked", "opened 2"});
  CHECK(database.stored.empty());
}

TEST_CASE("work without a cursor goes on wherever somebody else's cursor is", "[recorder]") {
  FakeDatabase database{
      .mutex = {}, .changed = {}, .cursor = Cursor{"j", 5}, .stored = {}, .poison = {}};
  Tried tried(database);
  REQUIRE(tried.until("opened 5"));
  database.fail_writes = 1;
  database.cursor = Cursor{"j", 9};
  tried.writer.submit(lines(1, 2));
  REQUIRE(tried.until("written"));
  CHECK(tried.told == Told{"opened 5", "failed locked", "written 2"});
  CHECK(database.cursor == Cursor{"j", 9});
}

TEST_CASE("what is there already is told, but not what an answer that was lost had stored",
          "[recorder]") {
  FakeDatabase database{.mutex = {}, .changed = {}, .cursor = {}, .stored = {3, 4}, .poison = {}};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(lines(1, 3));
  REQUIRE(tried.until("written"));
  {
    const std::lock_guard lock(database.mutex);
    database.lose_commit_answers = 1;
  }
  tried.writer.submit(lines(5, 9));
  REQUIRE(tried.until("written 5"));
  CHECK(tried.told == Told{"opened -1", "written 2 there 1", "failed lost", "written 5"});
}

TEST_CASE("what was there before a lost answer is told as such", "[recorder]") {
  FakeDatabase database{
      .mutex = {}, .changed = {}, .cursor = {}, .stored = {3, 4}, .poison = {}, .most_at_once = 4};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  SECTION("it had taken effect") {
    database.lose_commit_answers = 1;
    tried.writer.submit(lines(2, 5));
    REQUIRE(tried.until("written"));
    CHECK(tried.told == Told{"opened -1", "failed lost", "written 2 there 2"});
  }
  SECTION("it had not") {
    database.lose_commits = 1;
    tried.writer.submit(lines(2, 5));
    REQUIRE(tried.until("written"));
    CHECK(tried.told == Told{"opened -1", "failed lost", "written 2 there 2"});
  }
  SECTION("in parts") {
    database.lose_commit_answers = 2;
    tried.writer.submit(lines(1, 6));
    REQUIRE(tried.until("written"));
    std::size_t stored = 0, there = 0;
    for (const auto& told : tried.told) {
      std::istringstream text(told);
      std::string word, between;
      std::size_t made = 0, before = 0;
      if (!(text >> word) || (word != "part" && word != "written") || !(text >> made)) continue;
      stored += made;
      if (text >> between >> before) there += before;
    }
    CHECK(stored == 4);
    CHECK(there == 2);
  }
  SECTION("it failed before anything was sent") {
    database.fail_writes = 1;
    tried.writer.submit(lines(3, 5));
    REQUIRE(tried.until("written"));
    CHECK(tried.told == Told{"opened -1", "failed locked", "written 1 there 2"});
  }
}

TEST_CASE("lines that were stored and are not there any more are told once", "[recorder]") {
  FakeDatabase database{.mutex = {}, .changed = {}, .cursor = {}, .stored = {}, .poison = {7}};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(lines(4, 5));
  REQUIRE(tried.until("written 2"));
  tried.writer.submit(lines(1, 1));
  REQUIRE(tried.until("written 1"));
  {
    const std::lock_guard lock(database.mutex);
    database.stored.clear();
  }
  tried.writer.submit(lines(6, 8));
  REQUIRE(tried.until("part 0 without 7"));
  REQUIRE(tried.until_there_are(7));  // and the rest
  tried.writer.submit(lines(9, 8));   // nothing, but a look
  REQUIRE(tried.until("written 0"));
  {
    const std::lock_guard lock(database.mutex);
    database.stored.clear();
  }
  tried.writer.submit(lines(9, 8));
  REQUIRE(tried.until("lost 2"));
  REQUIRE(tried.until_there_are(11));
  CHECK(tried.told == Told{"opened -1", "written 2", "written 1", "part 1", "lost 3: 1..5",
                           "part 0 without 7", "written 1", "written 0", "part 0", "lost 2: 6..8",
                           "written 0"});
}

TEST_CASE("of a database that was put back what is missing is lost, and nothing else",
          "[recorder]") {
  FakeDatabase database{.mutex = {}, .changed = {}, .cursor = {}, .stored = {}, .poison = {}};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(lines(1, 100));
  REQUIRE(tried.until("written 100"));
  tried.writer.submit(lines(201, 300));
  REQUIRE(tried.until_there_are(3));
  {
    const std::lock_guard lock(database.mutex);
    std::erase_if(database.stored, [](std::int64_t seq) { return seq > 90 && seq != 205; });
    database.stored.push_back(150);  // somebody else's
    database.fail_looks = 1;
  }
  tried.writer.submit(lines(301, 302));
  REQUIRE(tried.until("written 0"));
  CHECK(tried.told == Told{"opened -1", "written 100", "written 100", "part 2", "failed no look",
                           "lost 109: 91..300", "written 0"});
  tried.writer.submit(lines(91, 92));
  REQUIRE(tried.until("written 2"));
  CHECK(tried.told.back() == "written 2");
}

TEST_CASE("what is deleted while other lines are written is told by the next look", "[recorder]") {
  FakeDatabase database{.mutex = {}, .changed = {}, .cursor = {}, .stored = {}, .poison = {}};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(lines(1, 3));
  REQUIRE(tried.until("written 3"));
  tried.writer.submit(lines(4, 5));
  REQUIRE(tried.until("written 2"));
  {
    // As by a transaction that began before those were there.
    const std::lock_guard lock(database.mutex);
    database.stored = {4, 5};
  }
  tried.writer.submit(lines(9, 8));
  REQUIRE(tried.until("written 0"));
  CHECK(tried.told ==
        Told{"opened -1", "written 3", "written 2", "part 0", "lost 3: 1..3", "written 0"});
}

TEST_CASE("rows that the database refuses for what they hold are set aside, the others stored",
          "[recorder]") {
  for (const std::set<std::int64_t>& poison :
       {std::set<std::int64_t>{1}, {9}, {4, 5}, {1, 2, 3, 4, 5, 6, 7, 8, 9}}) {
    INFO(poison.size() << " from " << *poison.begin());
    FakeDatabase database{.mutex = {}, .changed = {}, .cursor = {}, .stored = {}, .poison = poison};
    Tried tried(database);
    REQUIRE(tried.until("opened"));
    tried.writer.submit(work(1, 9));
    REQUIRE(tried.until("written"));
    CHECK(database.stored.size() == 9 - poison.size());
    CHECK(database.cursor == Cursor{"j", 9});
    for (const std::int64_t seq : poison)
      CHECK(std::count(tried.told.begin(), tried.told.end(),
                       "part 0 without " + std::to_string(seq)) == 1);
  }
}

TEST_CASE("a database that stands elsewhere after it refused a row is gone on from there",
          "[recorder]") {
  FakeDatabase database{
      .mutex = {}, .changed = {}, .cursor = Cursor{"j", 5}, .stored = {}, .poison = {7}};
  Tried tried(database);
  REQUIRE(tried.until("opened 5"));
  database.put_back = Cursor{"j", 2};
  tried.writer.submit(work(6, 9));
  REQUIRE(tried.until("opened 2"));
  CHECK(tried.told == Told{"opened 5", "opened 2"});
  CHECK(database.stored.empty());
}

TEST_CASE("the waits begin anew after each part that is stored", "[recorder]") {
  FakeDatabase database{
      .mutex = {}, .changed = {}, .cursor = {}, .stored = {}, .poison = {}, .most_at_once = 1};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(work(1, 64));
  REQUIRE(tried.until("written"));
  const auto first = std::find(tried.told.begin(), tried.told.end(), "part 1");
  REQUIRE(first != tried.told.end());
  const auto later = tried.waits.begin() + (first - tried.told.begin());
  REQUIRE(std::count_if(later, tried.waits.end(), [](Duration wait) { return wait > 0ms; }) > 10);
  // Two are two failures in a row, of a part that grew again.
  CHECK(*std::max_element(later, tried.waits.end()) <= 2ms);
}

TEST_CASE("what fails twice is written in ever smaller parts, in order", "[recorder]") {
  FakeDatabase database{
      .mutex = {}, .changed = {}, .cursor = {}, .stored = {}, .poison = {}, .most_at_once = 3};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(work(1, 16));
  REQUIRE(tried.until("written"));
  CHECK(std::count(tried.told.begin(), tried.told.end(), "failed slow") >= 6);
  std::vector<std::int64_t> all;
  for (std::int64_t seq = 1; seq <= 16; ++seq) all.push_back(seq);
  CHECK(database.stored == all);
  CHECK(database.cursor == Cursor{"j", 16});
}

TEST_CASE("an event that fails alone is named, and tried on", "[recorder]") {
  FakeDatabase database{
      .mutex = {}, .changed = {}, .cursor = {}, .stored = {}, .poison = {}, .most_at_once = 0};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  tried.writer.submit(work(7, 8));
  REQUIRE(tried.until("failed slow, and so it is with event seq=7 alone"));
  {
    const std::lock_guard lock(database.mutex);
    database.most_at_once = 1;
  }
  REQUIRE(tried.until("written"));
  CHECK(database.stored == std::vector<std::int64_t>{7, 8});
}

TEST_CASE("a failure among parts tells what was stored and goes on with the rest", "[recorder]") {
  FakeDatabase database{.mutex = {}, .changed = {}, .cursor = {}, .stored = {}, .poison = {3}};
  Tried tried(database);
  REQUIRE(tried.until("opened"));
  {
    const std::lock_guard lock(database.mutex);
    database.lose_commit_answers = 1;
  }
  tried.writer.submit(work(1, 4));
  REQUIRE(tried.until("written"));
  CHECK(database.stored == std::vector<std::int64_t>{1, 2, 4});
  CHECK(database.cursor == Cursor{"j", 4});
}

TEST_CASE("another store takes over, and nothing of the first is heard again", "[recorder]") {
  FakeDatabase first{
      .mutex = {}, .changed = {}, .cursor = Cursor{"j", 5}, .stored = {}, .poison = {}};
  FakeDatabase second{
      .mutex = {}, .changed = {}, .cursor = Cursor{"j", 1}, .stored = {}, .poison = {}};
  Tried tried(first);
  REQUIRE(tried.until("opened 5"));
  tried.writer.replace(std::make_unique<FakeStore>(second));
  REQUIRE(tried.until("opened 1"));
  tried.writer.submit(work(2, 3));
  REQUIRE(tried.until("written"));
  CHECK(first.stored.empty());
  CHECK(second.stored == std::vector<std::int64_t>{2, 3});
}

TEST_CASE("a writer ends at once while it waits, and says when it cannot", "[recorder]") {
  FakeDatabase database{.mutex = {},
                        .changed = {},
                        .cursor = {},
                        .stored = {},
                        .poison = {},
                        .fail_opens = 1'000'000};
  Writer waiting(std::make_unique<FakeStore>(database), 1h, 1h);
  CHECK(waiting.stop(20s));

  FakeDatabase hanging{
      .mutex = {}, .changed = {}, .cursor = {}, .stored = {}, .poison = {}, .hangs = true};
  Writer stuck(std::make_unique<FakeStore>(hanging));
  std::unique_lock lock(hanging.mutex);
  hanging.changed.wait(lock, [&] { return hanging.asked; });
  lock.unlock();
  CHECK_FALSE(stuck.stop(20ms));
  lock.lock();
  hanging.hangs = false;
  hanging.changed.notify_all();
}

}  // namespace stalewatch::recorder
