// The state file and the couriers: at least once, in order, across restarts.

#include "common/process/health.hpp"
#include "make_event.hpp"
#include "notifier/courier.hpp"
#include "notifier/sinks/rocketchat/sink.hpp"
#include "notifier/sinks/terminal.hpp"
#include "notifier/store.hpp"
#include "tests/catch.hpp"
#include "tests/inode_again.hpp"
#include "tests/run_sql.hpp"
#include "tests/temporary_folder.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace stalewatch::notifier {
namespace {

/// In a folder that is not there yet.
std::string state_file(const Folder& folder) { return folder.file("a folder/notifier.db"); }

const Now at_ten{SteadyTime{1h}, ten};
const Receiver everything{"terminal", [](const Event&) { return true; }, false, 0};
const Receiver chat{"rocketchat", [](const Event& e) { return e.notify; }, true, 0};

void take_over(Store& store, std::vector<Event> events, const std::vector<Receiver>& receivers,
               std::int64_t seq) {
  store.take_over(
      {.cursor = Cursor{"j1", seq}, .entries = route(events, receivers), .now = at_ten});
}

TEST_CASE("what is owed, the cursors and the open problems survive a restart", "[notifier]") {
  const Folder folder;
  const auto stale = make_event(Kind::stale, 5, 5, ten);
  {
    Store store(state_file(folder));
    CHECK_FALSE(store.fetched());
    store.take_over({.cursor = Cursor{"j1", 4}, .new_sinks = {{"terminal", 4}}, .now = at_ten});
    take_over(store, {stale}, {everything}, 5);
  }
  Store store(state_file(folder));
  CHECK(store.fetched() == Cursor{"j1", 5});
  CHECK(store.sinks() == std::map<std::string, std::int64_t>{{"terminal", 4}});
  const auto owed = store.pending("terminal", 10, at_ten);
  REQUIRE(owed.size() == 1);
  CHECK(owed[0].event == stale);
  CHECK(owed[0].queued_at == ten);
  CHECK(store.open_problems("terminal") == std::vector<Event>{stale});
  CHECK(store.last_told("terminal") == 4);
  store.delivered("terminal", {owed[0].id});
  CHECK(store.last_told("terminal") == 5);
  CHECK(store.backlog("terminal") == 0);
  take_over(store, {make_event(Kind::fresh_again, 6, 5, ten)}, {everything}, 6);
  CHECK(store.open_problems("terminal").empty());
}

TEST_CASE("a state file that is deleted while it is open is written anew, with all that it held",
          "[notifier]") {
  const Folder folder;
  const auto path = state_file(folder);
  {
    Store store(path);
    store.take_over({.cursor = Cursor{"j1", 4}, .new_sinks = {{"terminal", 4}}, .now = at_ten});
    take_over(store, {make_event(Kind::stale, 5, 5, ten)}, {everything}, 5);
    std::filesystem::remove_all(std::filesystem::path(path).parent_path());
    take_over(store, {make_event(Kind::failing, 6, 6, ten)}, {everything}, 6);
    CHECK_THROWS_WITH(Store(path), Catch::Matchers::ContainsSubstring("another notifier uses it"));
  }
  {
    Store store(path);
    CHECK(store.fetched() == Cursor{"j1", 6});
    CHECK(store.pending("terminal", 10, at_ten).size() == 2);
    CHECK(store.open_problems("terminal").size() == 2);
    // What somebody puts there is left alone.
    std::filesystem::rename(path, path + ".old");
    std::ofstream(path) << "somebody else's";
    take_over(store, {make_event(Kind::stale, 7, 7, ten, "B")}, {everything}, 7);
    CHECK(store.backlog("terminal") == 3);
  }
  std::ifstream in(path);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "somebody else's");
}

/// Every problem is another one: as many rows as events.
std::vector<Event> many(std::int64_t first, std::int64_t last) {
  std::vector<Event> events;
  for (auto seq = first; seq <= last; ++seq)
    events.push_back(make_event(Kind::stale, seq, seq, ten, "T" + std::to_string(seq)));
  return events;
}

TEST_CASE("a state file that is written anew has nothing of the deleted one's log in it",
          "[notifier]") {
  const Folder folder;
  const auto path = state_file(folder);
  Store store(path);
  // More than a log holds: what lies in it are some pages of many, and have other places in the
  // file that is written anew.
  take_over(store, many(1, 20'000), {everything}, 20'000);
  std::vector<std::int64_t> told;
  for (const Item& item : store.pending("terminal", 2'000, at_ten)) told.push_back(item.id);
  store.delivered("terminal", told);
  std::filesystem::remove(path);
  take_over(store, many(20'001, 20'500), {everything}, 20'500);
  CHECK(run_sql(path, "PRAGMA integrity_check; SELECT count(*) FROM outbox") == "ok\n18500\n");
}

TEST_CASE("a state file put in the place of another gets nothing of that one's log", "[notifier]") {
  const Folder folder;
  const auto path = state_file(folder);
  const auto other = folder.file("other.db");
  {
    Store store(other);
    take_over(store, many(2'001, 3'000), {everything}, 3'000);
  }
  SECTION("moved there") {
    Store store(path);
    take_over(store, many(1, 1'000), {everything}, 1'000);
    std::filesystem::rename(other, path);
  }
  SECTION("copied there after the other one was deleted, with its inode") {
    ino_t inode = 0;
    {
      Store store(path);
      take_over(store, many(1, 1'000), {everything}, 1'000);
      inode = inode_of(path);
      std::filesystem::remove(path);
    }
    if (!make_with_inode(path, inode)) return;
    std::filesystem::copy_file(other, path, std::filesystem::copy_options::overwrite_existing);
    REQUIRE(inode_of(path) == inode);
  }
  CHECK(Store(path).fetched() == Cursor{"j1", 3'000});
  CHECK(run_sql(path, "PRAGMA integrity_check; SELECT count(*), min(seq) FROM outbox") ==
        "ok\n1000|2001\n");
}

TEST_CASE("a retired target has no open problems left, another journal only the aggregator's loss",
          "[notifier]") {
  Store store(":memory:");
  store.take_over({.cursor = Cursor{"j1", 0}, .new_sinks = {{"terminal", 0}}, .now = at_ten});
  take_over(store,
            {make_event(Kind::stale, 1, 1, ten), make_event(Kind::failing, 2, 2, ten),
             make_event(Kind::stale, 3, 3, ten, "B"),
             make_event(Kind::aggregator_lost, 0, ten, "aggregator")},
            {everything}, 3);
  CHECK(store.open_problems("terminal").size() == 4);
  take_over(store, {make_event(Kind::retired, 4, 4, ten)}, {everything}, 4);
  CHECK(store.open_problems("terminal").size() == 2);
  store.take_over({.cursor = Cursor{"j2", 9}, .new_journal = true, .now = at_ten});
  REQUIRE(store.open_problems("terminal").size() == 1);
  CHECK(store.open_problems("terminal")[0].kind == Kind::aggregator_lost);
}

TEST_CASE("of the reminders of an episode only the newest waits for a chat that is away",
          "[notifier]") {
  Store store(":memory:");
  take_over(store, {make_event(Kind::stale, 1, 1, ten)}, {everything, chat}, 1);
  for (int i = 2; i < 100; ++i)
    take_over(store, {make_event(Kind::still_stale, i, 1, ten)}, {everything, chat}, i);
  CHECK(store.backlog("rocketchat") == 2);
  CHECK(store.backlog("terminal") == 99);
  take_over(store, {make_event(Kind::fresh_again, 100, 1, ten)}, {everything, chat}, 100);
  const auto owed = store.pending("rocketchat", 10, at_ten);
  REQUIRE(owed.size() == 2);
  CHECK(owed[0].event.kind == Kind::stale);
  CHECK(owed[1].event.kind == Kind::fresh_again);
}

TEST_CASE("a state file that is not the notifier's own is refused, and so is a second notifier",
          "[notifier]") {
  const Folder folder;
  {
    const Store store(state_file(folder));
    CHECK_THROWS_WITH(Store(state_file(folder)),
                      Catch::Matchers::ContainsSubstring("another notifier uses it"));
  }
  const auto other = folder.file("other.db");
  std::ofstream(other) << "this is no database at all, but a text that somebody wrote, long enough";
  CHECK_THROWS_WITH(Store(other), Catch::Matchers::ContainsSubstring(other));
}

TEST_CASE("a sink that is configured again is owed the end of what it had told", "[notifier]") {
  Store store(":memory:");
  take_over(store,
            {make_event(Kind::stale, 1, 1, ten, "A"), make_event(Kind::stale, 2, 2, ten, "B"),
             make_event(Kind::stale, 3, 3, ten, "C")},
            {chat}, 3);
  const auto told = store.pending("rocketchat", 2, at_ten);  // A and B
  store.delivered("rocketchat", {told[0].id, told[1].id});
  take_over(store,
            {make_event(Kind::fresh_again, 4, 1, ten, "A"), make_event(Kind::stale, 5, 5, ten, "D"),
             make_event(Kind::fresh_again, 6, 5, ten, "D")},
            {chat}, 6);
  // The end of A waits; C and D were never told.
  const auto forgotten = store.forget("rocketchat", at_ten);
  CHECK(forgotten.kept == 1);
  CHECK(forgotten.dropped == 3);
  const auto waiting = store.pending("rocketchat", 10, at_ten);
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].event.seq == 4);
  const auto known = store.open_problems("rocketchat");
  REQUIRE(known.size() == 1);
  CHECK(known[0].target == "B");

  const auto closing = settle_return(chat, known, {}, false, ten);
  REQUIRE(closing.size() == 1);
  CHECK(closing[0].event.kind == Kind::fresh_again);
  CHECK(closing[0].event.episode == 2);
  const OpenProblems still{.problems = {make_event(Kind::stale, 2, 2, ten, "B")}};
  CHECK(settle_return(chat, known, still, false, ten).empty());
  auto lost = make_event(Kind::aggregator_lost, 0, ten, "aggregator");
  lost.target.clear();
  CHECK(settle_return(chat, {lost}, {}, true, ten).empty());
  CHECK(settle_return(chat, {lost}, {}, false, ten)[0].event.kind == Kind::aggregator_back);
}

TEST_CASE("a target that went with many others leaves no open problem, one message about many all",
          "[notifier]") {
  Store store(":memory:");
  auto lost = make_event(Kind::aggregator_lost, 0, ten, "aggregator");
  lost.target.clear();
  take_over(store, {make_event(Kind::stale, 1, 1, ten), lost}, {chat}, 1);
  auto gone = make_event(Kind::retired, 2, 1, ten), many = make_event(Kind::retired, 3, ten);
  gone.notify = false;
  many.target.clear();
  take_over(store, {gone, many}, {chat}, 3);
  REQUIRE(store.open_problems("rocketchat").size() == 1);
  CHECK(store.open_problems("rocketchat")[0].kind == Kind::aggregator_lost);
  CHECK(store.backlog("rocketchat") == 3);  // what is not told by itself makes no message
}

TEST_CASE("a reminder of a problem that was not told there makes it one that is to be closed",
          "[notifier]") {
  Store store(":memory:");
  auto quiet = make_event(Kind::stale, 1, 1, ten);
  quiet.notify = false;
  take_over(store, {quiet}, {chat}, 1);
  CHECK(store.open_problems("rocketchat").empty());
  take_over(store, {make_event(Kind::still_stale, 2, 1, ten)}, {chat}, 2);
  CHECK(store.open_problems("rocketchat").size() == 1);
  take_over(store, {make_event(Kind::fresh_again, 3, 1, ten)}, {chat}, 3);
  CHECK(store.open_problems("rocketchat").empty());
}

/// Takes some, refuses some, is stopped in the middle.
class MoodySink : public Sink {
 public:
  MoodySink(std::vector<std::int64_t>& told, std::mt19937& random) : told_(told), random_(random) {}
  Handover deliver(const std::vector<Item>& items, Now now, const std::stop_token&) override {
    Handover handover;
    for (const auto& item : items) {
      if (random_() % 3 == 0) {
        handover.failed = true;
        handover.why = "moody";
        handover.again_at = now.mono + 1s;
        break;
      }
      told_.push_back(item.event.seq);
      if (random_() % 20 == 0) throw std::runtime_error("killed between handover and confirmation");
      handover.done.push_back(item.id);
    }
    return handover;
  }
  Result<std::string> test(Timestamp) override { return std::string(); }

 private:
  std::vector<std::int64_t>& told_;
  std::mt19937& random_;
};

TEST_CASE("each event reaches a sink at least once and in order, whatever is killed when",
          "[notifier]") {
  const Folder folder;
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);  // a line for each of its moods
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::vector<std::int64_t> told;
  Health health("notifier");
  Metrics metrics(health);
  const auto kind = terminal_kind();
  std::int64_t seq = 0;
  for (int life = 0; life < 60; ++life) {
    Store store(state_file(folder));
    if (!store.fetched())
      store.take_over({.cursor = Cursor{"j1", 0}, .new_sinks = {{"terminal", 0}}, .now = at_ten});
    CHECK(store.fetched()->seq == seq);
    Courier courier(kind, std::make_unique<MoodySink>(told, random), store, metrics,
                    [](const Event&) {});
    const bool last = life == 59;
    for (int i = 0; i < 3 && !last; ++i) {
      take_over(store,
                {make_event(Kind::updated, seq + 1, ten), make_event(Kind::updated, seq + 2, ten)},
                {everything}, seq + 2);
      seq += 2;
    }
    try {
      for (int i = 0; i < 3 || (last && store.backlog("terminal") > 0); ++i)
        courier.turn(at_ten, {});
    } catch (const std::runtime_error&) {
      if (last) --life;
    }
  }
  std::int64_t next = 1;
  for (const auto one : told) {
    CHECK(one <= next);        // nothing is skipped
    CHECK(one >= next - 500);  // a repeat is of what was not confirmed
    next = std::max(next, one + 1);
  }
  CHECK(next == seq + 1);
  spdlog::set_level(level);
}

/// Fails as it is told to.
class FailingSink : public Sink {
 public:
  explicit FailingSink(Handover handover) : handover_(std::move(handover)) {}
  Handover deliver(const std::vector<Item>&, Now, const std::stop_token&) override {
    return handover_;
  }
  Result<std::string> test(Timestamp) override { return Error{"no"}; }

 private:
  Handover handover_;
};

TEST_CASE("a sink's trouble is told to the others once, events set aside each time", "[notifier]") {
  Health health("notifier");
  Metrics metrics(health);
  Store store(":memory:");
  take_over(store, {make_event(Kind::stale, 1, 1, ten), make_event(Kind::stale, 2, 2, ten)}, {chat},
            2);
  std::vector<std::string> told;
  const auto tell = [&](const Event& event) { told.push_back(event.name + ": " + *event.detail); };
  const auto kind = rocketchat_kind();
  Handover trouble{.again_at = SteadyTime{}, .failed = true, .why = "HTTP 404", .tell = true};
  Courier gone(kind, std::make_unique<FailingSink>(trouble), store, metrics, tell);
  gone.turn(at_ten, {});
  gone.turn(at_ten, {});
  REQUIRE(told.size() == 1);
  CHECK(told[0] == "rocketchat: HTTP 404; 2 events waiting until it takes messages again");
  trouble.set_aside = {store.pending("rocketchat", 1, at_ten)[0].id};
  Courier refusing(kind, std::make_unique<FailingSink>(trouble), store, metrics, tell);
  refusing.turn(at_ten, {});
  REQUIRE(told.size() == 2);
  CHECK(told[1] ==
        "rocketchat: HTTP 404; 1 event set aside, not to be tried there again: #1; 1 event "
        "waiting until it takes messages again");
  CHECK(store.backlog("rocketchat") == 1);
}

/// A chat that answers nothing but errors, one hour after the other, and a message that waits for
/// it.
class Unavailable {
 public:
  explicit Unavailable(const std::string& path) : path_(path) { open(); }

  void queue() {
    store_->take_over({.cursor = Cursor{"j1", 1},
                       .entries = route({make_event(Kind::stale, 1, 1, ten)}, {chat}),
                       .now = clocks_});
  }
  void restart() {
    courier_.reset();
    store_.reset();
    clocks_.mono += 1000h;  // of another boot: means nothing here
    open();
  }
  void step_clock(Duration by) { clocks_.wall += by; }
  /// Whether the message is given up after that time.
  bool gives_up_after(Duration time) {
    clocks_.mono += time, clocks_.wall += time;
    courier_->turn(clocks_, {});
    return store_->backlog("rocketchat") == 0;
  }

 private:
  void open() {
    store_.emplace(path_);
    courier_.emplace(
        kind_,
        std::make_unique<RocketchatSink>(
            [](const std::string&, const std::stop_token&) { return HttpAnswer{.status = 500}; },
            RocketchatFields{}, 24h, [] { return 0.5; }),
        *store_, metrics_, [](const Event&) {});
  }

  std::string path_;
  SinkKind kind_ = rocketchat_kind();
  Health health_{"notifier"};
  Metrics metrics_{health_};
  std::optional<Store> store_;
  std::optional<Courier> courier_;
  Now clocks_ = at_ten;
};

TEST_CASE("a message is given up after as long a wait as ever when the wall clock is stepped",
          "[notifier]") {
  const Folder folder;
  Unavailable chat_away(state_file(folder));
  const auto step = GENERATE(Duration(25h), Duration(-25h), Duration(24h * 20'000));
  SECTION("while it waits") {
    chat_away.queue();
    CHECK_FALSE(chat_away.gives_up_after(1h));
    chat_away.step_clock(step);
    CHECK_FALSE(chat_away.gives_up_after(22h));
    SECTION("once") {}
    SECTION("and back") { chat_away.step_clock(-step); }
    CHECK_FALSE(chat_away.gives_up_after(1h));
    CHECK(chat_away.gives_up_after(1min));
  }
  SECTION("before it is looked at for the first time") {
    chat_away.queue();
    chat_away.step_clock(step);
    CHECK_FALSE(chat_away.gives_up_after(23h));
    CHECK(chat_away.gives_up_after(2h));
  }
}

TEST_CASE("what was given up stays listed when the wall clock is stepped", "[notifier]") {
  const Folder folder;
  Unavailable chat_away(state_file(folder));
  chat_away.queue();
  CHECK(chat_away.gives_up_after(25h));
  chat_away.step_clock(24h * 365);
  chat_away.queue();
  CHECK(chat_away.gives_up_after(25h));
  CHECK(run_sql(state_file(folder), "SELECT count(*) FROM set_aside") == "2\n");
}

TEST_CASE("across a restart of the notifier the wall clock says how long a message has waited",
          "[notifier]") {
  const Folder folder;
  Unavailable chat_away(state_file(folder));
  chat_away.queue();
  CHECK_FALSE(chat_away.gives_up_after(1h));
  SECTION("that went on") {
    chat_away.restart();
    CHECK_FALSE(chat_away.gives_up_after(23h));
    CHECK(chat_away.gives_up_after(1min));
  }
  SECTION("that was set back meanwhile: it waits from the start on") {
    chat_away.step_clock(-24h * 365);
    chat_away.restart();
    CHECK_FALSE(chat_away.gives_up_after(1h));
    CHECK_FALSE(chat_away.gives_up_after(24h));
    CHECK(chat_away.gives_up_after(1min));
  }
}

}  // namespace
}  // namespace stalewatch::notifier
