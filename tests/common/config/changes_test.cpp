#include "common/config/changes.hpp"

#include "tests/catch.hpp"

using namespace stalewatch;

namespace {

ServerConfig server(const std::string& key) {
  ServerConfig server;
  server.key = server.name = key;
  server.address = "http://h/" + key;
  return server;
}

Config config_of(const std::vector<std::string>& keys) {
  Config config;
  for (const auto& key : keys) config.servers.push_back(server(key));
  return config;
}

}  // namespace

TEST_CASE("what a reload changes is said in a line", "[changes]") {
  const auto before = config_of({"A", "B", "C"});
  auto after = before;
  CHECK(changes_between(before, after) == "nothing has changed");
  SECTION("targets") {
    after = config_of({"A", "C", "D", "E"});
    after.servers[0].threshold += std::chrono::minutes(1);
    CHECK(changes_between(before, after) == "2 targets added, 1 removed, 1 changed");
    CHECK(changes_between(before, config_of({"A", "B"})) == "1 target removed");
  }
  SECTION("sections") {
    after.logs.filename = "/tmp/a.log";
    CHECK(changes_between(before, after) == "logs changed");
    after.prober.zone = "berlin";
    after.heartbeat_interval += std::chrono::minutes(1);
    CHECK(changes_between(before, after) == "logs, notifier and prober changed");
  }
  SECTION("what waits for a start") {
    after.transport.control = "tcp://127.0.0.1:1";
    CHECK(changes_between(before, after) == "transport takes effect at the next start");
    after.servers.push_back(server("D"));
    after.notifier_state = "/tmp/state";
    CHECK(changes_between(before, after) ==
          "1 target added; transport and notifier.state take effect at the next start");
  }
}
