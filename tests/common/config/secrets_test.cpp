#include "common/config/sections/rocketchat.hpp"
#include "tests/common/config/testing.hpp"

namespace stalewatch {
namespace {

TEST_CASE("variables are expanded in values, after parsing", "[config]") {
  const auto around = environment(
      {{"HOST", "h.example"}, {"EMPTY", ""}, {"YAML", "x\", interval: 1s, \"y"}, {"N", "30"}});
  const auto name = [&](const std::string& text) {
    return good("servers: {A: {address: 'http://a/', name: \"" + text + "\"}}", around)
        .servers[0]
        .name;
  };
  CHECK(name("${HOST}") == "h.example");
  CHECK(name("a-${HOST}-b") == "a-h.example-b");
  CHECK(name("${NONE:-x}") == "x");
  CHECK(name("${EMPTY:-x}") == "x");
  CHECK(name("x${EMPTY-y}") == "x");
  CHECK(name("${NONE-x}") == "x");
  CHECK(name("${NONE:-${HOST}}") == "h.example");
  CHECK(name("${HOST:?must be set}") == "h.example");
  CHECK(name("$$HOST $${HOST} $HOST 5$") == "$HOST ${HOST} $HOST 5$");
  CHECK(name("${YAML}") == "x\", interval: 1s, \"y");
  CHECK(good("servers: {A: {address: 'http://a/', interval: '${N}s', timeout: 1s}}", around)
            .servers[0]
            .interval == std::chrono::seconds(30));
  CHECK(first_error("servers: {A: {address: 'http://a/', name: \"${EMPTY:?no name}\"}}", around) ==
        "test.yaml:1:43: servers.A.name: the environment variable EMPTY: no name");
}

TEST_CASE("secrets come from files, without their last newline", "[config]") {
  const auto around =
      environment({{"DIR", "/run"}},
                  {{"/run/a", "user:s3cr3t\r\n"}, {"/run/b", "two\n\n"}, {"/run/c", "none"}});
  const auto server = good(
                          "servers: {A: {address: 'http://a/', basic_auth_file: \"${DIR}/a\", "
                          "headers: {X-A_file: /run/c, X-B: b}}}",
                          around)
                          .servers[0];
  CHECK(server.basic_auth.reveal() == "user:s3cr3t");
  CHECK(server.headers.at("X-A").reveal() == "none");
  CHECK(server.headers.at("X-B").reveal() == "b");
  CHECK(first_error("servers: {A: {address: 'http://a/', headers: {X-A_file: /run/b}}}", around) ==
        "test.yaml:1:47: servers.A.headers.X-A_file: contains a line break");
}

TEST_CASE("a user in the address becomes basic_auth, and is not shown", "[config]") {
  const Config config = good(
      "servers: {A: {address: 'https://me:s3cr%40t@a:8443/x?u=a@b'}, B: {address: 'http://b/@x'}}");
  CHECK(config.servers[0].address == "https://a:8443/x?u=a@b");
  CHECK(config.servers[0].basic_auth.reveal() == "me:s3cr@t");
  CHECK(config.servers[1].address == "http://b/@x");
  CHECK(config.servers[1].basic_auth.empty());
}

TEST_CASE("a process does not need the secrets of others", "[config]") {
  const std::string text = R"(
servers: {A: {address: 'http://${HOST_UNSET}/', basic_auth_file: /none}}
credentials:
  DB: {engine: mysql, address: db, username: "${USER_UNSET}", password_file: /none, db: d}
  ROCKETCHAT: {webhook_file: /none}
)";
  const auto read = [&](ConfigUser user) {
    return parse_config(text, "test.yaml", environment(), user);
  };
  const auto errors = [&](ConfigUser user) {
    return std::get<std::vector<ConfigError>>(read(user)).size();
  };
  const auto nothing = read(ConfigUser::prober);
  REQUIRE(std::holds_alternative<Config>(nothing));
  CHECK(std::get<Config>(nothing).database_configured);
  CHECK(std::get<Config>(nothing).section<RocketchatConfig>() != nullptr);
  CHECK(std::holds_alternative<Config>(read(ConfigUser::command)));
  CHECK(errors(ConfigUser::everybody) == 5);
  CHECK(errors(ConfigUser::aggregator) == 2);
  CHECK(errors(ConfigUser::standalone_prober) == 2);
  CHECK(errors(ConfigUser::recorder) == 2);
  CHECK(errors(ConfigUser::notifier) == 1);
  CHECK(first_error("transport: {lease: 10s}", environment(), ConfigUser::prober) == "no error");
}

TEST_CASE("no secret is in what is shown of a configuration", "[config]") {
  const std::string text = R"(
servers:
  A:
    address: http://me:s3cr3t@a/?token=s3cr3t&api_key=s3cr3t
    headers: {Authorization: Bearer s3cr3t}
  B: {address: 'http://b/', basic_auth: 'me:s3cr3t', proxy: 'http://me:s3cr3t@proxy:3128'}
credentials:
  DB: {url: 'mysql://me:s3cr3t@db/rows'}
  ROCKETCHAT: {webhook: 'https://me:s3cr3t@chat.example/hooks/s3cr3t/s3cr3t', headers: {X: s3cr3t}}
)";
  const std::string shown = summarize(good(text));
  CHECK(shown.find("s3cr3t") == std::string::npos);
  CHECK(shown.find("chat.example") != std::string::npos);
  CHECK(shown.find("mysql at db, database rows") != std::string::npos);
  // each of the lines made wrong in turn
  for (const char* wrong :
       {"credentials: {DB: {url: 'mssql://me:s3cr3t@db/rows'}}",
        "credentials: {DB: {pasword: s3cr3t}}", "credentials: {DB: {password: [s3cr3t]}}",
        "credentials: {DB: {engine: 'mssql://me:s3cr3t@db/rows'}}",
        "credentials: {ROCKETCHAT: {webhook: 'ftp://s3cr3t'}}",
        "credentials: {ROCKETCHAT: {headers: [s3cr3t]}}", "defaults: {basic_auth: s3cr3t}",
        "defaults: {proxy: s3cr3t}", "defaults: {interval: '${SECRET}'}",
        "defaults: {clock: '${SECRET}'}", "defaults: {time_format: '${SECRET}'}",
        "defaults: {timezone: '${SECRET}'}", "logs: {level: '${SECRET}'}",
        "transport: {samples: '${SECRET}'}", "defaults: {basic_auth_file: '${SECRET}'}",
        "defaults: {timezone: '${NONE:?${SECRET}}'}"}) {
    INFO(wrong);
    const std::string error = first_error(one_server + wrong, environment({{"SECRET", "s3cr3t"}}));
    CHECK(error != "no error");
    CHECK(error.find("s3cr3t") == std::string::npos);
  }
}

}  // namespace
}  // namespace stalewatch
