#include "aggregator/probers/membership.hpp"

#include "tests/aggregator/instant.hpp"
#include "tests/catch.hpp"

#include <numeric>
#include <random>
#include <set>

using namespace stalewatch;
using namespace stalewatch::aggregator;
using namespace std::chrono_literals;

namespace {

const Instant now = timestamp_from_us(1'800'000'000'000'000);

std::vector<std::uint32_t> ids(std::uint32_t count) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), 1u);
  return all;
}

Hello hello(const std::string& instance) {
  return {.role = "prober", .name = "p", .instance = instance};
}

}  // namespace

TEST_CASE("the only prober gets everything, in full at its hello and once", "[membership]") {
  Membership members;
  CHECK(members.hello(hello("a"), "peer", now + 5s));
  auto changes = members.assign(ids(10));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].full);
  CHECK(changes[0].added == ids(10));
  CHECK(members.assign(ids(10)).empty());
  CHECK_FALSE(members.hello(hello("a"), "peer2", now + 5s));
  CHECK(members.assign(ids(10)).size() == 1);
}

TEST_CASE("probers of one name get names of their own, and keep them", "[membership]") {
  Membership members;
  const auto name_of = [&](const std::string& instance) { return members.find(instance)->name; };
  for (const auto* instance : {"a", "b", "c"}) members.hello(hello(instance), "peer", now + 5s);
  CHECK(name_of("a") == "p");
  CHECK(name_of("b") == "p-2");
  CHECK(name_of("c") == "p-3");
  SECTION("by the next hello, whoever has gone meanwhile") {
    members.goodbye("a");
    members.hello(hello("b"), "peer", now + 5s);
    CHECK(name_of("b") == "p-2");
  }
  SECTION("what has become free is given again") {
    members.goodbye("b");
    members.hello(hello("d"), "peer", now + 5s);
    CHECK(name_of("d") == "p-2");
  }
  SECTION("one that was called so by its owner is in the way, too") {
    members.hello({.role = "prober", .name = "p-4", .instance = "e"}, "peer", now + 5s);
    members.hello(hello("f"), "peer", now + 5s);
    CHECK(name_of("f") == "p-5");
  }
  SECTION("when all were lost and come back in another order") {
    CHECK(members.expire(now + 5s).size() == 3);
    members.hello(hello("c"), "peer", now + 9s, "p-3");
    members.hello(hello("b"), "peer", now + 9s, "p-2");
    members.hello(hello("a"), "peer", now + 9s, "p");
    CHECK(name_of("a") == "p");
    CHECK(name_of("b") == "p-2");
    CHECK(name_of("c") == "p-3");
  }
  SECTION("unless somebody else has been given its name meanwhile") {
    members.goodbye("b");
    members.hello(hello("d"), "peer", now + 5s);
    members.hello(hello("b"), "peer", now + 5s, "p-2");
    CHECK(name_of("b") == "p-4");
  }
  SECTION("across a restart of the aggregator") {
    Membership next;
    next.restore({.name = "p-2", .instance = "b"}, now + 5s);
    next.hello(hello("b"), "peer", now + 5s);
    next.hello(hello("a"), "peer", now + 5s);
    CHECK(next.find("b")->name == "p-2");
    CHECK(next.find("a")->name == "p");
  }
}

TEST_CASE("who joins while its name is taken may be the next start of who has it", "[membership]") {
  Membership members;
  const auto lost = [&] {
    std::vector<std::string> texts;
    for (const auto& prober : members.expire(now + 5s))
      texts.push_back(prober.name + ": " + prober.followed_by);
    return texts;
  };
  using Texts = std::vector<std::string>;
  members.hello(hello("a"), "peer", now + 5s);
  members.hello(hello("b"), "peer", now + 9s);
  SECTION("as long as that gives no sign of life") { CHECK(lost() == Texts{"p: p-2"}); }
  SECTION("but not if it does, by a lease") {
    members.lease({.instance = "a"}, now + 5s);
    CHECK(lost() == Texts{"p: "});
  }
  SECTION("or by another hello") {
    members.hello(hello("a"), "peer", now + 5s);
    CHECK(lost() == Texts{"p: "});
  }
  SECTION("again and again: of all that have not been heard of since, the newest is told") {
    members.hello(hello("b"), "peer", now + 5s);
    members.hello(hello("c"), "peer", now + 9s);
    CHECK(lost() == Texts{"p: p-3", "p-2: p-3"});
  }
  SECTION("one that comes back by a name of its own follows nobody") {
    members.lease({.instance = "a"}, now + 5s);
    members.hello(hello("d"), "peer", now + 9s, "p-4");
    members.hello({.role = "prober", .name = "other", .instance = "e"}, "peer", now + 9s);
    CHECK(lost() == Texts{"p: "});
  }
}

TEST_CASE("only differences are told", "[membership]") {
  Membership members;
  members.hello(hello("a"), "peer", now + 5s);
  members.assign(ids(3));
  const auto changes = members.assign({2, 3, 4});
  REQUIRE(changes.size() == 1);
  CHECK_FALSE(changes[0].full);
  CHECK(changes[0].added == std::vector<std::uint32_t>{4});
  CHECK(changes[0].removed == std::vector<std::uint32_t>{1});
}

TEST_CASE("a prober that goes moves only its own share, and the order of joining is nothing",
          "[membership]") {
  Membership one, other;
  for (const auto* instance : {"a", "b", "c"}) one.hello(hello(instance), instance, now + 5s);
  for (const auto* instance : {"c", "a", "b"}) other.hello(hello(instance), instance, now + 5s);
  one.assign(ids(3000));
  other.assign(ids(3000));
  std::size_t sum = 0;
  for (const auto& prober : one.probers()) {
    CHECK(prober.targets == other.find(prober.instance)->targets);
    CHECK(prober.targets.size() > 850);
    sum += prober.targets.size();
  }
  CHECK(sum == 3000);
  const auto gone = one.goodbye("b");
  for (const auto& change : one.assign(ids(3000))) {
    CHECK(change.removed.empty());
    CHECK(std::includes(gone->targets.begin(), gone->targets.end(), change.added.begin(),
                        change.added.end()));
  }
}

TEST_CASE("a lease ends at its instant, and an unknown one is refused", "[membership]") {
  Membership members;
  members.hello(hello("a"), "peer", now + 5s);
  CHECK(members.expire(now + 5s - 1us).empty());
  CHECK(members.lease({.instance = "a"}, now + 9s) != nullptr);
  CHECK(members.expire(now + 5s).empty());
  CHECK(members.expire(now + 9s).size() == 1);
  CHECK(members.lease({.instance = "a"}, now + 20s) == nullptr);
}

TEST_CASE("after a restart a prober has its grace but must say hello again", "[membership]") {
  Membership members;
  members.restore({.name = "p", .instance = "a"}, now + 5s);
  CHECK(members.lease({.instance = "a"}, now + 5s) == nullptr);
  CHECK_FALSE(members.hello(hello("a"), "peer", now + 6s));
  CHECK(members.lease({.instance = "a"}, now + 7s) != nullptr);
}
