// The control socket against peers made of bare sockets.

#include "tests/aggregator/control_room.hpp"

#include <algorithm>

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

ServerConfig with_header(std::uint32_t number, std::size_t bytes) {
  auto config = server("T" + std::to_string(number));
  config.headers["X-Token"] = Secret(std::string(bytes, 't'));
  return config;
}

const Hello prober{.role = "prober", .name = "p1", .instance = "i1"};

std::size_t count_of(const std::vector<Targets>& pieces) {
  std::size_t count = 0;
  for (const auto& piece : pieces) count += piece.added.size();
  return count;
}

/// Both probes of every target fail: it is told of.
void fail_all(Core& core, std::size_t targets, Instant now) {
  core.apply(input::Hello{prober, ""}, now);
  for (std::uint32_t id = 1; id <= targets; ++id)
    core.apply(input::Samples{"p1",
                              "i1",
                              {Sample{.target = id,
                                      .probed_at = now,
                                      .outcome = Outcome::connect,
                                      .streak = 2,
                                      .since = now,
                                      .detail = "connection refused"}},
                              std::nullopt},
               now);
}

}  // namespace

TEST_CASE("a prober is told targets with large headers, all of them", "[control]") {
  std::vector<ServerConfig> servers;
  for (std::uint32_t i = 1; i <= 1'000; ++i) servers.push_back(with_header(i, 9'000));
  Room room(servers);
  room.tell(prober);
  const auto pieces = room.assignment();
  CHECK(count_of(pieces) == 1'000);
  CHECK(room.largest <= piece_bytes);
  CHECK(room.control.oversized() == 0);
  CHECK_FALSE(room.control.sends_more());
}

TEST_CASE("pieces that find no room in the prober's queue wait for it", "[control]") {
  std::vector<ServerConfig> servers;
  for (std::uint32_t i = 1; i <= 1'000; ++i) servers.push_back(with_header(i, 9'000));
  Room room(servers, 2);
  room.tell(prober);
  for (int i = 0; i < 50; ++i) room.turn();  // and reads nothing
  CHECK_FALSE(room.control.sends_more());
  const auto pieces = room.assignment();
  CHECK(count_of(pieces) == 1'000);
  CHECK(pieces[0].generation == pieces.back().generation);
}

TEST_CASE("a target that is too large is not told, and the prober need not ask for it again",
          "[control]") {
  Room room({with_header(1, 10), with_header(2, 3 << 20), with_header(3, 10)});
  room.tell(prober);
  const auto pieces = room.assignment();
  CHECK(count_of(pieces) == 2);
  for (int i = 0; i < 10; ++i) {
    room.tell(Lease{.instance = "i1", .generation = pieces[0].generation});
    CHECK(room.next<LeaseReply>().known);
  }
  room.core.apply(input::Resend{"i1"},
                  t0);  // to have something to wait for: nothing has come before it
  CHECK(room.assignment()[0].generation == pieces[0].generation + 1);
}

TEST_CASE("a prober that lacks a piece gets everything again", "[control]") {
  Room room({with_header(1, 10)});
  room.tell(prober);
  const auto generation = room.assignment()[0].generation;
  for (int i = 0; i < 3; ++i) room.tell(Lease{.instance = "i1", .generation = generation - 1});
  const auto again = room.assignment();
  CHECK(again[0].generation == generation + 1);
  CHECK(again[0].full);
}

TEST_CASE("open problems come page by page", "[control]") {
  constexpr std::size_t targets = 300;
  std::vector<ServerConfig> servers;
  for (std::uint32_t i = 1; i <= targets; ++i) {
    servers.push_back(server("T" + std::to_string(i)));
    servers.back().address += "/" + std::string(3'000, 'x');
  }
  Room room(servers);
  fail_all(room.core, targets, t0 + 1s);
  room.head = room.core.next_seq() - 1;
  auto page = room.ask("problems");
  CHECK(page.text == std::to_string(page.problems.size()) + " open, and more");
  auto told = page.problems;
  std::size_t pages = 1;
  SECTION("all of them, each once") {
    for (; page.next; ++pages) {
      page = room.ask("problems", {*page.next});
      std::copy(page.problems.begin(), page.problems.end(), std::back_inserter(told));
    }
    CHECK(pages == 4);
    REQUIRE(told.size() == targets);
    for (std::size_t i = 0; i < targets; ++i) CHECK(told[i].target == "T" + std::to_string(i + 1));
    CHECK(room.largest <= piece_bytes);
  }
  SECTION("what closes between two pages is in none, what opens comes as an event alone") {
    const auto first = page.problems.size();
    const std::uint32_t closes = targets, opens = targets - 1;
    const auto ok = [&](std::uint32_t id, Instant at) {
      room.core.apply(input::Samples{"p1",
                                     "i1",
                                     {Sample{.target = id,
                                             .probed_at = at,
                                             .since = at,
                                             .http_status = 200,
                                             .computed_at = at}},
                                     std::nullopt},
                      at);
    };
    ok(closes, t0 + 2s), ok(opens, t0 + 2s);
    room.core.apply(input::Samples{"p1",
                                   "i1",
                                   {Sample{.target = opens,
                                           .probed_at = t0 + 3s,
                                           .outcome = Outcome::dns,
                                           .streak = 2,
                                           .since = t0 + 3s}},
                                   std::nullopt},
                    t0 + 3s);
    room.head = room.core.next_seq() - 1;
    while (page.next) {
      page = room.ask("problems", {*page.next});
      std::copy(page.problems.begin(), page.problems.end(), std::back_inserter(told));
    }
    CHECK(told.size() == targets - 2);
    CHECK(told[first].target == "T" + std::to_string(first + 1));
    CHECK(told.back().target == "T" + std::to_string(targets - 2));
  }
  SECTION("what is not published yet comes as an event alone") {
    room.head = 9;
    page = room.ask("problems");
    REQUIRE_FALSE(page.problems.empty());
    CHECK(page.problems.back().seq <= 9);
    CHECK_FALSE(page.next);
  }
  SECTION("a page that nobody named is refused") {
    for (const auto* wrong : {"", "-", "1", "1-", "-1", "a-1", "1-a", "1-1 ", "99999999999-1"})
      CHECK_FALSE(room.ask("problems", {wrong}).ok);
    CHECK(room.ask("problems", {"4000000000-1"}).problems.empty());
  }
}

TEST_CASE("a consumer with a place says that it is stuck, and people are told why at once",
          "[control]") {
  Room room({});
  room.core.apply(input::ConfigureConsumers{{"recorder"}}, t0);
  Sender recorder("recorder", "boot"), stranger("stranger", "boot");
  const auto says = [&](Sender& who, std::vector<std::string> why) {
    room.tell_as(who, Command{.id = 1, .word = "stuck", .arguments = std::move(why)});
    return room.next<Reply>().ok;
  };
  CHECK_FALSE(says(stranger, {"nobody asked"}));
  CHECK_FALSE(says(recorder, {}));
  CHECK(says(recorder, {"no\ntable"}));
  room.core.apply(input::WatchConsumers{5min}, t0 + 1s);
  const auto events = room.core.take_changes().events;
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == Kind::consumer_behind);
  CHECK(events[0].name == "recorder");
  CHECK(events[0].detail == "no\\ntable");
}
