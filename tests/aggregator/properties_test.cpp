// Random histories, and what must hold of every one of them. Asserted on all events, before anybody
// filters.

#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

#include <map>
#include <random>
#include <set>

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

const std::vector<std::string> keys = {"A", "B"};

std::vector<ServerConfig> servers(std::mt19937& random) {
  std::vector<ServerConfig> all;
  for (const auto& key : keys) {
    auto config = server(key);
    config.interval = 20s;
    config.threshold = 90s;
    config.msg_interval = std::array<Duration, 3>{0s, 45s, 2min}[random() % 3];
    config.recover_after = static_cast<std::uint32_t>(1 + random() % 3);
    config.failure_threshold = static_cast<std::uint32_t>(1 + random() % 2);
    config.notification = random() % 4 != 0;
    all.push_back(config);
  }
  return all;
}

/// One target's imagined server, from which samples are made.
struct Imagined {
  Instant computed = t0 - 10s;
  bool up = true;
  std::uint32_t streak = 0;

  void live(std::mt19937& random, Instant now, bool may_go_back) {
    if (random() % 10 == 0) up = !up, streak = 0;
    if (random() % 6 == 0) computed = now - Duration(random() % 1'000'000);
    if (may_go_back && random() % 25 == 0) computed -= 30s;
    ++streak;
  }
};

void give(Bench& bench, const std::string& key, const Imagined& server) {
  Sample sample{.outcome = server.up ? Outcome::ok : Outcome::timeout, .streak = server.streak};
  if (server.up) sample.computed_at = server.computed;
  bench.sample(bench.now(), sample, "p1", key);
}

/// A history of random length; ends with everything well. Restarts, if any, happen between samples
/// of all targets.
std::vector<Event> history(unsigned seed, bool restarts, bool may_go_back) {
  std::mt19937 random(seed);
  Bench bench(servers(random));
  std::map<std::string, Imagined> imagined{{"A", {}}, {"B", {}}};
  std::vector<Event> events;
  for (int turn = 0; turn < 60; ++turn) {
    const bool silence = random() % 12 == 0;
    const Instant next = bench.now() + (silence ? 200s : 20s) + Duration(random() % 3'000'000);
    bench.until(next);
    if (random() % 5 == 0 && restarts) {
      for (const auto& event : bench.all()) events.push_back(event);
      bench = bench.restarted(next);
    }
    for (const auto& key : keys)
      imagined[key].live(random, next, may_go_back), give(bench, key, imagined[key]);
  }
  for (std::uint32_t i = 1; i <= 3; ++i) {
    bench.until(bench.now() + 1s);
    for (const auto& key : keys) {
      imagined[key] = {bench.now(), true, i};
      give(bench, key, imagined[key]);
    }
  }
  for (const auto& event : bench.all()) events.push_back(event);
  return events;
}

struct Episode {
  Kind opening{};
  int openings = 0, told_openings = 0, chat_openings = 0;
  int closings = 0, told_closings = 0, chat_closings = 0;
  std::int64_t last_reminder = 0;
};

void check_episodes(const std::vector<Event>& events) {
  std::map<std::int64_t, Episode> episodes;
  std::map<std::pair<std::string, Kind>, std::int64_t> open;  // axis -> episode
  std::int64_t last_seq = 0;
  for (const auto& event : events) {
    REQUIRE(event.seq == ++last_seq);
    if (!event.episode) continue;
    auto& episode = episodes[*event.episode];
    const auto axis = std::pair(event.target, opening_of(event.kind));
    const bool told = !event.inhibited;
    REQUIRE((!event.notify || told));
    switch (role_of(event.kind)) {
      case Role::opens:
        if (event.announced) {
          REQUIRE(open[axis] == *event.episode);  // still open, told now for the first time
          REQUIRE(episode.told_openings == 0);
        } else {
          REQUIRE(event.episode == event.seq);
          REQUIRE(open[axis] == 0);  // no transition to the state one is in
          open[axis] = event.seq;
          ++episode.openings;
        }
        episode.opening = event.kind;
        episode.told_openings += told;
        episode.chat_openings += event.notify;
        break;
      case Role::reminds:
        REQUIRE(open[axis] == *event.episode);
        REQUIRE(told);
        REQUIRE(episode.told_openings == 1);
        REQUIRE(event.repeat_number > episode.last_reminder);
        episode.last_reminder = *event.repeat_number;
        break;
      case Role::closes:
        if (!event.announced) {
          REQUIRE(open[axis] == *event.episode);
          open[axis] = 0;
          ++episode.closings;
        }
        episode.told_closings += told;
        episode.chat_closings += event.notify;
        break;
      case Role::fact:
        FAIL("a fact with an episode");
    }
  }
  for (const auto& [number, episode] : episodes) {
    INFO("episode " << number);
    CHECK(episode.openings == 1);
    CHECK(episode.closings == 1);
    CHECK(episode.told_openings <= 1);
    CHECK(episode.told_closings == episode.told_openings);
    CHECK(episode.chat_closings == episode.chat_openings);
  }
}

/// What people are told, in order; without the numbers, which count inhibited events too.
std::vector<std::string> announcements(const std::vector<Event>& events) {
  std::vector<std::string> told;
  for (const auto& event : events)
    if (!event.inhibited)
      told.push_back(event.target + " " + std::string(name_of(event.kind)) + " " +
                     std::to_string(to_us(event.at)) + (event.notify ? " chat" : ""));
  return told;
}

}  // namespace

TEST_CASE("every announced episode is closed once, inhibited ones are told once or never",
          "[properties]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    check_episodes(history(seed, seed % 2 == 0, seed % 3 == 0));
  }
}

TEST_CASE("equal inputs give equal events", "[properties]") {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    CHECK(history(seed, true, true) == history(seed, true, true));
  }
}

TEST_CASE("a restart anywhere gives the same announcements", "[properties]") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    const auto with = announcements(history(seed, true, false));
    const auto without = announcements(history(seed, false, false));
    const auto [a, b] = std::mismatch(with.begin(), with.end(), without.begin(), without.end());
    CHECK((a == with.end() ? "the end" : *a) == (b == without.end() ? "the end" : *b));
  }
}

TEST_CASE("reminders fall on the first announcement plus k times msg_interval", "[properties]") {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto configured = servers(random);
    std::map<std::int64_t, Instant> announced;
    for (const auto& event : history(seed, true, false)) {
      if (role_of(event.kind) == Role::opens && !event.inhibited)
        announced[*event.episode] = event.decided_at;
      if (role_of(event.kind) != Role::reminds) continue;
      const auto& policy = configured[event.target == "A" ? 0 : 1];
      CHECK(event.at == announced.at(*event.episode) + *event.repeat_number * policy.msg_interval);
    }
  }
}
