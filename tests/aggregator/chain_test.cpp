#include "aggregator/chain.hpp"

#include "tests/catch.hpp"

namespace stalewatch::aggregator {
namespace {

using namespace std::chrono_literals;

/// A second at a time, all being well unless a test says otherwise.
struct Run {
  SteadyTime now{1h};
  Chain chain{now};
  ChainTurn turn{.shortest_interval = 1s};
  bool sampling = true, committing = true, recording = true, telling = true;

  Run() { chain.configure({"notifier", "recorder"}); }

  std::string second() {
    now += 1s;
    if (sampling) ++turn.samples;
    ++turn.head;
    turn.queued = committing ? 0 : 5;
    turn.acks.clear();
    if (recording) turn.acks["recorder"] = turn.head;
    if (telling) turn.acks["notifier"] = turn.head;
    return chain.step(turn, now);
  }
  std::string seconds(int n) {
    std::string last;
    for (int i = 0; i < n; ++i) last = second();
    return last;
  }
};

TEST_CASE("the chain moves while samples come, the journal commits and consumers acknowledge",
          "[chain]") {
  Run run;
  CHECK(run.seconds(100).empty());
}

TEST_CASE("each part that stops makes the chain stand still, and moves it again", "[chain]") {
  Run run;
  REQUIRE(run.seconds(60).empty());
  const auto stops = [&](bool& part, int after, const std::string& why) {
    part = false;
    CHECK(run.seconds(after).empty());
    CHECK(run.second() == why);
    part = true;
    CHECK(run.second().empty());
  };
  stops(run.sampling, 15, "no samples for 15s");
  stops(run.committing, 10, "the journal commits nothing for 10s");
  stops(run.recording, 15, "consumer recorder is silent for 15s");
  stops(run.telling, 15, "consumer notifier is silent for 15s");
  run.turn.journal_trouble = "the journal: no space left on device";
  CHECK(run.second() == run.turn.journal_trouble);
  run.turn.journal_trouble.clear();
  CHECK(run.second().empty());
}

TEST_CASE("samples may be as far apart as three probes of the target that is probed most often",
          "[chain]") {
  Run run;
  run.turn.shortest_interval = 60s;
  REQUIRE(run.second().empty());
  run.sampling = false;
  CHECK(run.seconds(180).empty());
  CHECK(run.second() == "no samples for 180s");
}

TEST_CASE("a journal under load that is never empty, but commits, moves", "[chain]") {
  Run run;
  run.committing = false;
  for (int i = 0; i < 60; ++i) {
    ++run.turn.committed;
    CHECK(run.second().empty());
  }
}

TEST_CASE("a consumer that repeats an old ack is stuck once what it lacks is half a minute old",
          "[chain]") {
  Run run;
  REQUIRE(run.seconds(60).empty());
  const auto stuck_at = run.turn.head;
  run.recording = false;
  const auto stuck = [&] {
    run.now += 1s;
    ++run.turn.samples;
    ++run.turn.head;
    run.turn.acks = {{"recorder", stuck_at}, {"notifier", run.turn.head}};
    return run.chain.step(run.turn, run.now);
  };
  for (int i = 0; i < 30; ++i) CHECK(stuck().empty());
  CHECK(stuck() ==
        "consumer recorder has acknowledged event 60 only, of 61 that there were 30s ago");
  run.recording = true;
  CHECK(run.second().empty());
  // Without new events an old ack is all that there can be.
  for (int i = 0; i < 100; ++i) {
    run.now += 1s;
    ++run.turn.samples;
    CHECK(run.chain.step(run.turn, run.now).empty());
  }
}

TEST_CASE("consumers that have never been heard of keep the chain from moving", "[chain]") {
  Run run;
  run.recording = false;
  CHECK(run.second() == "consumer recorder has acknowledged nothing yet");
}

TEST_CASE("who comes into the configuration is waited for, who leaves it is not, who stays goes on",
          "[chain]") {
  Run run;
  REQUIRE(run.seconds(60).empty());
  run.chain.configure({"archive", "notifier"});
  run.recording = false;
  CHECK(run.second() == "consumer archive has acknowledged nothing yet");
  run.turn.acks = {{"archive", run.turn.head}};
  CHECK(run.chain.step(run.turn, run.now).empty());
  run.chain.configure({"notifier"});
  CHECK(run.seconds(60).empty());
  run.chain.configure({});
  run.telling = false;
  CHECK(run.seconds(60).empty());
}

TEST_CASE("another journal begins with its own numbers", "[chain]") {
  Run run;
  REQUIRE(run.seconds(60).empty());
  run.turn.head = 0;
  CHECK(run.seconds(60).empty());
}

}  // namespace
}  // namespace stalewatch::aggregator
