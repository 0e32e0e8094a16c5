// Journals of older versions: the fixtures are dumps of files that those versions wrote.

#include "aggregator/core.hpp"
#include "aggregator/journal/journal.hpp"
#include "aggregator/journal/schema.hpp"
#include "common/messages/names.hpp"
#include "tests/aggregator/instant.hpp"
#include "tests/catch.hpp"
#include "tests/run_sql.hpp"
#include "tests/temporary_folder.hpp"

#include <algorithm>
#include <map>

using namespace stalewatch;
using namespace stalewatch::aggregator;
using namespace std::chrono_literals;

namespace {

std::string loaded(const Folder& folder, const std::string& dump) {
  auto file = folder.file("journal.sqlite");
  REQUIRE(std::system(("sqlite3 '" + file + "' < '" TEST_DATA "/kept/" + dump + "'").c_str()) == 0);
  return file;
}

/// 25 events of three targets: A well, B failing, C retired; one prober, two consumers.
std::string journal_of_version_1(const Folder& folder) { return loaded(folder, "journal-1.sql"); }

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

// ---- the journal of 0.1.0 (schema 2), whose comment says what is in it ----

const std::vector<std::string> targets_of_0_1_0 = {"well",   "stale",     "failing",     "silent",
                                                   "hidden", "data-owed", "server-owed", "clock"};
constexpr std::int64_t head_of_0_1_0 = 68;
constexpr std::uint64_t news_of_0_1_0 = 59;  // taken from prober-1

std::vector<ServerConfig> servers_of_0_1_0() {
  std::vector<ServerConfig> servers;
  for (const auto& key : targets_of_0_1_0)
    servers.push_back({.key = key,
                       .name = key,
                       .address = "http://mock.example/" + key,
                       .threshold = 1h,
                       .msg_interval = 0s,
                       .interval = 1s,
                       .failure_threshold = 1});
  return servers;
}

std::string text_of(const Event& e) {
  return std::string(name_of(e.kind)) + " " + (e.target.empty() ? e.name : e.target) +
         (e.episode ? " e" + std::to_string(*e.episode) : "") + (e.inhibited ? " inhibited" : "") +
         (e.notify ? " chat" : "");
}

/// Everything that has to do with a problem, sorted; updates and who came and went are not it.
std::vector<std::string> about_problems(const std::vector<Event>& events) {
  std::vector<std::string> texts;
  for (const auto& event : events)
    if (event.episode) texts.push_back(text_of(event));
  std::sort(texts.begin(), texts.end());
  return texts;
}

/// The prober that the journal knows says hello again, and that all is well; the last of its news
/// that was taken comes once more.
void all_is_well(Core& core, Instant now) {
  core.apply(input::Hello{{.role = "prober", .name = "prober-1", .instance = "instance-1"}, "peer"},
             now);
  auto news = news_of_0_1_0;
  for (std::uint32_t streak = 1; streak <= 3; ++streak) {
    now += 1s;
    std::vector<Sample> samples;
    for (const auto& key : targets_of_0_1_0)
      samples.push_back({.target = *core.targets().id_of(key),
                         .news_seq = streak == 1 ? news++ : 0,
                         .probed_at = now,
                         .streak = streak,
                         .since = now,
                         .http_status = 200,
                         .computed_at = now - std::chrono::seconds(streak),
                         .clock_offset = 0s});
    const Lease lease{.instance = "instance-1",
                      .last_news_seq = news - 1,
                      .sent_at = now,
                      .clock_offset = 0s,
                      .oldest_news_seq = news_of_0_1_0};
    core.apply(input::Lease{lease, "peer"}, now);
    CHECK(core.probers().reachable(lease.instance));
    core.apply(input::Samples{"prober-1", "instance-1", samples, news_of_0_1_0 - 1}, now);
  }
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
  again.write({Changes{.consumers_gone = {"notifier", "recorder"},
                       .consumers = {{.name = "recorder", .seq = 1}}}});
  CHECK(again.restore().consumers == std::vector{ConsumerRow{.name = "recorder", .seq = 1}});
}

TEST_CASE("who only reads takes an older journal as it is", "[journal]") {
  Folder folder;
  const auto file = journal_of_version_1(folder);
  Journal journal(file, Journal::Mode::read);
  check_what_version_1_wrote(journal);
  CHECK(version_in(file) == "1");
}

TEST_CASE("a journal of 0.1.0 is read with all that it holds", "[journal]") {
  Folder folder;
  Journal journal(loaded(folder, "0.1.0/journal.sql"), Journal::Mode::write);
  CHECK(journal.id() == "c84e31966831a2a4fef36136321dbd7d");
  CHECK(journal.read(0, 100).events.size() == head_of_0_1_0);
  const auto restored = journal.restore();
  CHECK(restored.next_seq == head_of_0_1_0 + 1);
  CHECK(restored.trouble.episode == 64);

  std::map<std::string, StoredState> states;
  for (const auto& row : restored.targets) states[row.key] = row.state;
  CHECK(states.size() == targets_of_0_1_0.size());
  CHECK(states["silent"].watch.episode == 54);
  CHECK(states["failing"].server.episode == 48);
  CHECK(states["failing"].server.reason == "http_status");
  CHECK(states["stale"].data.episode == 46);
  CHECK(states["stale"].data.grid == 10min);
  CHECK(states["clock"].clock.episode == 43);
  CHECK(states["hidden"].data.episode == 53);
  CHECK_FALSE(states["hidden"].data.announced);
  REQUIRE(states["server-owed"].server_owed);
  CHECK(states["server-owed"].server_owed->episode == 50);
  REQUIRE(states["data-owed"].data_owed);
  CHECK(states["data-owed"].data_owed->episode == 47);
  CHECK(states["clock"].recent.size() > 1);  // prober-2 had it, and may come back

  REQUIRE(restored.probers.size() == 2);
  CHECK(restored.probers[0].received == news_of_0_1_0);
  CHECK_FALSE(restored.probers[0].lost);
  CHECK(restored.probers[1].lost);
  std::map<std::string, ConsumerRow> consumers;
  for (const auto& row : restored.consumers) consumers[row.name] = row;
  CHECK(consumers["notifier"].seq == 59);
  CHECK(consumers["notifier"].behind == 65);
  CHECK(consumers["recorder"].seq == 58);
  CHECK(consumers["archive"].behind == 32);
  CHECK_FALSE(consumers["forgotten"].registered);
}

TEST_CASE("what is open in a journal of 0.1.0 is closed, and what is owed is told", "[journal]") {
  Folder folder;
  Journal journal(loaded(folder, "0.1.0/journal.sql"), Journal::Mode::write);
  const auto last = journal.read(head_of_0_1_0 - 1, 1).events.at(0);
  Instant now = last.decided_at + 5s;
  Core core(journal.restore(), 1min, now);
  core.apply(input::Configure{servers_of_0_1_0()}, now);
  core.apply(input::Published{head_of_0_1_0}, now);
  all_is_well(core, now);
  core.apply(input::JournalTrouble{""}, now);
  now += 2min;
  core.apply(input::ConfigureConsumers{{"notifier", "recorder"}}, now);
  for (const auto* consumer : {"notifier", "recorder"})
    core.apply(input::Acked{consumer, head_of_0_1_0}, now);
  core.apply(input::WatchConsumers{5min}, now);

  const auto changes = core.take_changes();
  CHECK(core.probers().streams().repeated() == 1);
  // 0.1.0 kept a place for whoever acknowledged: one that no configuration names has none now.
  CHECK(about_problems(changes.events) ==
        std::vector<std::string>{
            "answering_again data-owed e51 chat", "answering_again failing e48 chat",
            "answering_again hidden e49 chat", "answering_again server-owed e50 chat",
            "clock_ok clock e43 chat", "consumer_ok archive e32 chat",
            "consumer_ok notifier e65 chat", "consumer_ok recorder e66 chat",
            "fresh_again data-owed e47 chat", "fresh_again hidden e53 inhibited",
            "fresh_again stale e46 chat", "journal_ok journal e64 chat",
            "watched_again server-owed e55 chat", "watched_again silent e54 chat"});
  journal.write({changes});
  CHECK(journal.restore().trouble.episode == 0);
  for (const auto& row : journal.restore().targets)
    for (const auto* problem :
         {&row.state.watch, &row.state.server, &row.state.data, &row.state.clock})
      CHECK_FALSE(problem->open());
}
