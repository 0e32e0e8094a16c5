#include "common/config_reader.hpp"

#include "common/config_environment.hpp"

#include <catch2/catch.hpp>

namespace stalewatch {
namespace {

/// An environment of the test's own.
ConfigEnvironment environment(std::map<std::string, std::string> variables = {},
                              std::map<std::string, std::string> files = {}) {
  variables.emplace("HOME", "/home/op");
  return {.variable = [variables](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
          },
          .file = [files](const std::string& path) -> Result<std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return Error{"no such file"};
            return found->second;
          }};
}

Config good(const std::string& text, const ConfigEnvironment& around = environment()) {
  const auto read = parse_config(text, "test.yaml", around);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&read))
    for (const auto& error : *errors) FAIL_CHECK(to_string(error));
  REQUIRE(std::holds_alternative<Config>(read));
  return std::get<Config>(read);
}

TEST_CASE("the script's file works as it is", "[config]") {
  const auto read = read_config(TEST_DATA "/script.yaml");
  REQUIRE(std::holds_alternative<Config>(read));
  const Config& config = std::get<Config>(read);
  REQUIRE(config.servers.size() == 1);
  const ServerConfig& server = config.servers[0];
  CHECK(server.key == "PROD");
  CHECK(server.name == "PROD");
  CHECK(server.address == "http://127.0.0.1:5000/version");
  CHECK_FALSE(server.db_save);
  CHECK_FALSE(server.notification);
  CHECK(server.threshold == std::chrono::minutes(15));
  CHECK(server.msg_interval == std::chrono::minutes(5));
  CHECK(server.interval == std::chrono::seconds(60));
  CHECK(config.database_configured);
  CHECK(config.database.engine == DatabaseConfig::Engine::mysql);
  CHECK(config.database.username == "database_user");
  CHECK(config.database.password.reveal() == "database_password");
  CHECK(config.database.host == "127.0.0.1");
  CHECK(config.database.port == 3306);
  CHECK(config.database.database == "example_database");
  CHECK(config.database.table == "example_table");
  REQUIRE(config.rocketchat);
  CHECK(config.rocketchat->webhook.reveal() == "https://rock.sever.example/hooks/random/random");
  CHECK(config.rocketchat->headers.at("content-type").reveal() == "application/json");
  CHECK(config.logs.filename == "runs.log");
  CHECK(config.logs.append);
  CHECK(config.logs.level == "info");
}

TEST_CASE("a short file gets every default", "[config]") {
  const Config config = good("servers: {A: {address: 'http://a/'}}");
  REQUIRE(config.servers.size() == 1);
  ServerConfig expected;
  expected.key = expected.name = "A";
  expected.address = "http://a/";
  CHECK(config.servers[0] == expected);
  CHECK_FALSE(config.database_configured);
  CHECK(config.database.database == "/home/op/.local/state/stalewatch/rows.sqlite");
  CHECK(config.journal_path == "/home/op/.local/state/stalewatch/journal.sqlite");
  CHECK(config.notifier_state == "/home/op/.local/state/stalewatch/notifier.sqlite");
}

}  // namespace
}  // namespace stalewatch
