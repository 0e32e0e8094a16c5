#include "aggregator/fork_claims.hpp"

#include "tests/catch.hpp"

namespace stalewatch::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t head = 100;

struct Heard {
  ForkClaims claims;
  SteadyTime now{1h};

  Heard() { claims.configure({"notifier", "recorder"}); }

  bool hear(const Claim& claim, std::int64_t ends_at = head) {
    return claims.hear(claim, "j", ends_at, now);
  }
  /// Now, and again after the time that has to lie between.
  bool twice(const Claim& claim) {
    const bool at_once = hear(claim);
    now += ForkClaims::apart;
    return at_once || hear(claim);
  }
};

Claim ack(std::int64_t seq, const std::string& consumer = "recorder",
          const std::string& peer = "1") {
  return {.consumer = consumer, .peer = peer, .journal = "j", .seq = seq, .acknowledges = true};
}

Claim replay(std::int64_t seq, const std::string& consumer = "recorder",
             const std::string& peer = "1") {
  return {.consumer = consumer, .peer = peer, .journal = "j", .seq = seq};
}

TEST_CASE("a consumer that stays beyond the head makes the journal fork, once", "[fork]") {
  Heard heard;
  SECTION("by what it acknowledges") {
    CHECK_FALSE(heard.hear(ack(101)));
    heard.now += 5s - 1us;
    CHECK_FALSE(heard.hear(ack(101)));
    heard.now += 1us;
    CHECK(heard.hear(ack(101)));
  }
  SECTION("by what it asks for, while it repeats an older acknowledgement") {
    CHECK_FALSE(heard.hear(ack(90)));
    for (int second = 0; second < 5; ++second) {
      CHECK_FALSE(heard.hear(replay(120)));
      CHECK_FALSE(heard.hear(ack(90)));
      heard.now += 1s;
    }
    CHECK(heard.hear(replay(120)));
  }
  SECTION("by either of two numbers") {
    CHECK_FALSE(heard.hear(ack(110)));
    CHECK_FALSE(heard.hear(replay(120)));
    heard.now += 5s;
    CHECK(heard.hear(ack(110)));
  }
  CHECK_FALSE(heard.twice(ack(500)));
  CHECK_FALSE(heard.twice(ack(500, "notifier")));
}

TEST_CASE("the head may pass the number meanwhile: whoever is ahead takes nothing", "[fork]") {
  Heard heard;
  CHECK_FALSE(heard.hear(ack(101), 100));
  heard.now += 5s;
  CHECK(heard.hear(ack(101), 150));
}

TEST_CASE("a stranger's word does not count, under whatever name", "[fork]") {
  Heard heard;
  CHECK_FALSE(heard.twice(ack(1'000'000, "stranger")));
  CHECK_FALSE(heard.twice(replay(1'000'000, "stranger")));
  CHECK_FALSE(heard.twice(replay(1'000'000)));  // it has not acknowledged by any connection
  CHECK_FALSE(heard.hear(ack(90)));
  CHECK_FALSE(heard.twice(replay(1'000'000, "recorder", "2")));
  CHECK_FALSE(heard.twice(replay(1'000'000, "notifier", "1")));
}

TEST_CASE("two connections under one name silence each other", "[fork]") {
  Heard heard;
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(heard.hear(ack(1'000'000, "recorder", "2")));
    CHECK_FALSE(heard.hear(replay(1'000'000, "recorder", "2")));
    heard.now += 5s;
    CHECK_FALSE(heard.hear(ack(90, "recorder", "1")));
  }
  CHECK(heard.twice(ack(101)));
}

TEST_CASE("another number, another journal, or one that is there is another word", "[fork]") {
  Heard heard;
  for (std::int64_t seq = 101; seq < 120; ++seq) {
    CHECK_FALSE(heard.hear(ack(seq)));
    heard.now += 5s;
  }
  auto other = ack(101);
  other.journal = "k";
  CHECK_FALSE(heard.twice(other));
  CHECK_FALSE(heard.twice(ack(100)));
  CHECK_FALSE(heard.hear(ack(101)));
  CHECK_FALSE(heard.twice(ack(100)));
  CHECK_FALSE(heard.hear(ack(101)));
  heard.now += 5s;
  CHECK_FALSE(heard.claims.hear(other, "k", head, heard.now));
}

TEST_CASE("who leaves the configuration is a stranger; who stays is not asked again", "[fork]") {
  Heard heard;
  CHECK_FALSE(heard.hear(ack(101)));
  CHECK_FALSE(heard.hear(ack(101, "notifier", "3")));
  heard.claims.configure({"notifier"});
  heard.now += 5s;
  CHECK_FALSE(heard.hear(ack(101)));
  heard.claims.configure({"notifier", "recorder"});
  CHECK_FALSE(heard.hear(ack(101)));
  CHECK(heard.hear(ack(101, "notifier", "3")));
}

}  // namespace
}  // namespace stalewatch::aggregator
