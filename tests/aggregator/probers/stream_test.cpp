// Whatever a prober says, in whatever order: its stream stays one that can be. The asserts of
// streams.cpp say what that is; what they cannot see is checked here.

#include "aggregator/probers/stream.hpp"

#include "aggregator/core.hpp"
#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"
#include "tests/common/messages/random_messages.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

using namespace stalewatch;
using namespace stalewatch::aggregator;

TEST_CASE("a prober that is lost comes back with its numbers, if it had any", "[news]") {
  const auto after = [](Presence presence, std::vector<PresenceInput> inputs) {
    for (const auto input : inputs) presence = next(presence, input);
    return presence;
  };
  using enum PresenceInput;
  CHECK(after(Presence::stranger, {hello}) == Presence::newcomer);
  CHECK(after(Presence::stranger, {hello, clock_told}) == Presence::synced);
  CHECK(after(Presence::stranger, {hello, clock_told, lease_ended, hello}) == Presence::joined);
  CHECK(after(Presence::stranger, {hello, lease_ended, hello}) == Presence::newcomer);
  CHECK(after(Presence::synced, {hello}) == Presence::joined);
  for (const auto presence : {Presence::stranger, Presence::lost_newcomer, Presence::lost})
    for (const auto input : {clock_told, lease_ended}) CHECK(next(presence, input) == presence);
}

TEST_CASE("a hole ends when what is missing comes, or with the prober", "[news]") {
  using enum FlowInput;
  for (const auto flow : {Flow::in_order, Flow::outstanding, Flow::hole, Flow::told_hole}) {
    CHECK(next(flow, taken) == Flow::in_order);
    CHECK(has_hole(next(flow, hole_seen)));
    for (const auto input : {all_came, more_told})
      CHECK(has_hole(next(flow, input)) == has_hole(flow));
    CHECK_FALSE(has_hole(next(flow, lost)));
  }
}

namespace {

/// Probers that say anything, an aggregator that listens, and what its journal has of them.
struct Liars {
  explicit Liars(unsigned seed) : random(seed) { begin({}); }

  std::uint64_t up_to(std::uint64_t most) { return random() % (most + 1); }
  bool chance(unsigned percent) { return random() % 100 < percent; }
  /// Mostly one near the last, now and then any.
  std::uint64_t number(const std::string& who) {
    return chance(3) ? random() : last[who] + up_to(4) - std::min<std::uint64_t>(last[who], 2);
  }

  void begin(Restored restored) {
    core.emplace(std::move(restored), 5s, now);
    core->apply(input::Configure{{server("A"), server("B")}}, now);
    commit();
  }
  void restart() {
    Restored restored{.next_id = 3, .next_seq = core->next_seq()};
    for (const auto& [id, row] : targets) restored.targets.push_back(row);
    for (const auto& [instance, row] : probers) restored.probers.push_back(row);
    begin(std::move(restored));
  }
  void commit() {
    const auto changes = core->take_changes();
    for (const auto& row : changes.targets) targets.insert_or_assign(row.id, row);
    for (const auto& instance : changes.probers_gone) probers.erase(instance);
    for (const auto& row : changes.probers) {
      const auto before = probers.find(row.instance);
      if (before != probers.end()) REQUIRE(row.received >= before->second.received);
      probers.insert_or_assign(row.instance, row);
    }
    if (chance(80)) core->apply(input::Committed{changes.probers}, now);
    for (const auto& ack : core->take_acks()) {
      const auto row = probers.find(ack.instance);
      REQUIRE(row != probers.end());
      REQUIRE(ack.committed <= row->second.received);
      if (ack.resend_from) REQUIRE(*ack.resend_from > ack.committed);
    }
  }

  void lease(const std::string& who) {
    Lease lease{
        .instance = who, .last_news_seq = chance(80) ? last[who] : number(who), .sent_at = now};
    if (chance(80)) lease.clock_offset = Duration(0);
    if (chance(80)) lease.oldest_news_seq = chance(70) ? 1 : number(who);
    if (chance(20)) lease.dropped = up_to(9);
    core->apply(input::Lease{lease, "peer"}, now);
  }
  void observe(const std::string& who) {
    std::vector<Sample> samples;
    const auto after = last[who];
    for (auto n = up_to(3); n > 0; --n) {
      const auto seq = chance(30) ? 0 : chance(90) ? ++last[who] : number(who);
      samples.push_back({.target = static_cast<std::uint32_t>(1 + up_to(2)),
                         .news_seq = seq,
                         .probed_at = now,
                         .since = now,
                         .http_status = 200,
                         .computed_at = now - 1s,
                         .unreadable = chance(5)});
    }
    if (!chance(15)) core->apply(input::Samples{who, who, samples, after}, now);
  }

  void step() {
    const std::string who(1, static_cast<char>('a' + up_to(2)));
    const auto what = up_to(99);
    if (what < 30)
      lease(who);
    else if (what < 60)
      observe(who);
    else if (what < 70)
      core->apply(input::Hello{{.role = "prober", .name = who, .instance = who}, "peer"}, now);
    else if (what < 74)
      core->apply(input::Goodbye{{who, number(who)}}, now);
    else if (what < 80)
      core->apply(input::Garbled{who}, now);
    else if (what < 81)
      core->apply(input::Resume{}, now);
    else if (what < 82)
      core->apply(input::ClockAdopted{1s, "it is so"}, now);
    else if (what < 83)
      restart();
    else
      core->apply(input::Tick{}, now += 1ms * static_cast<int>(up_to(chance(5) ? 8'000 : 900)));
    commit();
  }

  std::mt19937_64 random;
  Instant now = t0;
  std::optional<Core> core;
  std::map<std::string, std::uint64_t> last;
  std::map<std::uint32_t, TargetRow> targets;
  std::map<std::string, ProberRow> probers;
};

}  // namespace

TEST_CASE(
    "whatever probers say, nothing is acknowledged that was not taken, and no number is taken back",
    "[news]") {
  const auto first_seed = stalewatch::testing::random_seed();
  for (unsigned n = 0; n < 40; ++n) {
    INFO("STALEWATCH_SEED=" << first_seed + n);
    Liars world(first_seed + n);
    for (int i = 0; i < 500; ++i) world.step();
  }
}
