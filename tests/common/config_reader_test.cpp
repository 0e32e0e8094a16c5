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

const std::string one_server = "servers: {A: {address: 'http://a/'}}\n";

std::string first_error(const std::string& text, const ConfigEnvironment& around = environment(),
                        const ConfigNeeds& needs = {}) {
  const auto read = parse_config(text, "test.yaml", around, needs);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&read);
  return errors == nullptr ? "no error" : to_string(errors->at(0));
}

TEST_CASE("the example file is good, also with all of its sections", "[config]") {
  auto text = read_whole_file(EXAMPLE, 1 << 20);
  REQUIRE(text);
  const Config plain = good(*text);
  CHECK(plain.servers.size() == 3);
  CHECK(plain.warnings.empty());
  // the commented sections: "# credentials:" and what is indented below it
  std::string whole = *text;
  for (const std::string line :
       {"# credentials:", "#   DB", "#     ", "#   ROCKETCHAT", "# journal:", "#   path"})
    for (std::size_t at = 0; (at = whole.find("\n" + line, at)) != std::string::npos;)
      whole.erase(at + 1, 2);
  const Config full = good(
      whole, environment({}, {{"/run/secrets/db_password", "s3cr3t\n"},
                              {"/run/secrets/webhook", "https://chat.example/hooks/1/s3cr3t\n"}}));
  CHECK(full.database.password.reveal() == "s3cr3t");
  REQUIRE(full.rocketchat);
  CHECK(full.rocketchat->channel == "#alerts");
  CHECK(full.journal_path == "/var/lib/stalewatch/journal.sqlite");
}

TEST_CASE("durations take units everywhere and old bare numbers where they were", "[config]") {
  const auto server = [](const std::string& line) {
    return good("servers: {A: {address: 'http://a/', interval: 1s, " + line + "}}").servers[0];
  };
  using namespace std::chrono_literals;
  CHECK(server("notification_threshold: 15").threshold == 15min);
  CHECK(server("notification_treshold: 0.5").threshold == 30s);
  CHECK(server("notification_threshold: 90s").threshold == 90s);
  CHECK(server("msg_interval: 2").msg_interval == 2min);
  CHECK(server("msg_interval: 0").msg_interval == 0s);
  CHECK(server("msg_interval: 0s").msg_interval == 0s);
  CHECK(server("max_future: 0").max_future == 0s);
  CHECK(good("main: {checkup_interval: 30}\n" + one_server).servers[0].interval == 30s);
  CHECK(good(one_server + "main: {checkup_interval: 2m}\n").servers[0].interval == 2min);
}

TEST_CASE("the timeout is ten seconds, or the interval if that is shorter", "[config]") {
  using namespace std::chrono_literals;
  const auto timeout = [](const std::string& interval) {
    return good("servers: {A: {address: 'http://a/', interval: " + interval + "}}")
        .servers[0]
        .timeout;
  };
  CHECK(timeout("60s") == 10s);
  CHECK(timeout("10s") == 10s);
  CHECK(timeout("9s") == 9s);
  CHECK(timeout("200ms") == 200ms);
}

TEST_CASE("true and false in the spellings that people use", "[config]") {
  const auto notification = [](const std::string& word) {
    return good("servers: {A: {address: 'http://a/', notification: " + word + "}}")
        .servers[0]
        .notification;
  };
  for (const char* word : {"true", "True", "TRUE", "yes", "Yes", "on", "ON", "'yes'"})
    CHECK(notification(word));
  for (const char* word : {"false", "False", "no", "NO", "off", "'no'"})
    CHECK_FALSE(notification(word));
}

TEST_CASE("engines in SQLAlchemy's spellings, and URLs", "[config]") {
  using Engine = DatabaseConfig::Engine;
  const auto with = [](const std::string& lines) {
    return good(one_server + "credentials: {DB: {" + lines + "}}").database;
  };
  const std::string rest = ", address: 'db:1234', username: u, db: d";
  const std::pair<const char*, Engine> engines[] = {{"mysql", Engine::mysql},
                                                    {"mysql+mysqlconnector", Engine::mysql},
                                                    {"mysql+pymysql", Engine::mysql},
                                                    {"MySQL", Engine::mysql},
                                                    {"mariadb", Engine::mariadb},
                                                    {"mariadb+pymysql", Engine::mariadb},
                                                    {"postgresql", Engine::postgresql},
                                                    {"postgres", Engine::postgresql},
                                                    {"postgresql+psycopg2", Engine::postgresql}};
  for (const auto& [name, engine] : engines) {
    INFO(name);
    const DatabaseConfig database = with("engine: " + std::string(name) + rest);
    CHECK(database.engine == engine);
    CHECK(database.host == "db");
    CHECK(database.port == 1234);
  }
  CHECK(with("engine: sqlite").database == "/home/op/.local/state/stalewatch/rows.sqlite");
  CHECK(with("engine: sqlite, db: rows.db").database == "rows.db");
  CHECK(with("engine: 'sqlite:///rows.db'").database == "rows.db");
  CHECK(with("engine: 'sqlite:////srv/rows.db'").database == "/srv/rows.db");
  CHECK(with("url: 'sqlite://'").database == "/home/op/.local/state/stalewatch/rows.sqlite");
  const DatabaseConfig url =
      with("url: 'postgresql+psycopg2://me:p%40ss%2Fword@[::1]:5433/rows?sslmode=off', table: t");
  CHECK(url.engine == Engine::postgresql);
  CHECK(url.username == "me");
  CHECK(url.password.reveal() == "p@ss/word");
  CHECK(url.host == "::1");
  CHECK(url.port == 5433);
  CHECK(url.database == "rows");
  CHECK(url.table == "t");
  const DatabaseConfig socket = with("url: 'mysql://me@/rows?unix_socket=/run/my.sock'");
  CHECK(socket.socket == "/run/my.sock");
  CHECK(socket.host.empty());
  CHECK(with("engine: mysql, socket: /run/my.sock, username: u, db: d").socket == "/run/my.sock");
  CHECK(with("engine: mysql, address: db, username: u, db: d").port == 0);
}

TEST_CASE("log levels as Python and as people write them", "[config]") {
  const auto level = [](const std::string& word) {
    return good(one_server + "logs: {level: " + word + "}").logs.level;
  };
  CHECK(level("logging.INFO") == "info");
  CHECK(level("logging.WARNING") == "warning");
  CHECK(level("warn") == "warning");
  CHECK(level("DEBUG") == "debug");
  CHECK(level("40") == "error");
  CHECK(level("off") == "off");
}

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

TEST_CASE("defaults hold for all servers that do not say otherwise, wherever they stand",
          "[config]") {
  using namespace std::chrono_literals;
  const std::string servers =
      "servers:\n  A: {address: 'http://a/'}\n  B: {address: 'http://b/', interval: 20s, headers: "
      "{X: b}, tls: {verify: on}}\n";
  const std::string defaults =
      "defaults: {interval: 30s, notification: off, headers: {X: d, Y: d}, tls: {verify: off}, "
      "notification_treshold: 1}\n";
  for (const auto& text : {servers + defaults, defaults + servers}) {
    const Config config = good(text);
    const auto &a = config.servers[0], &b = config.servers[1];
    CHECK(a.interval == 30s);
    CHECK(b.interval == 20s);
    CHECK(a.threshold == 1min);
    CHECK_FALSE(a.notification);
    CHECK_FALSE(b.notification);
    CHECK(a.headers.size() == 2);
    CHECK(b.headers.size() == 1);
    CHECK_FALSE(a.verify);
    CHECK(b.verify);
  }
}

TEST_CASE("anchors, aliases and merge keys work", "[config]") {
  const Config config = good(R"(
x-slow: &slow {interval: 5m, timeout: 1m}
x-quiet: &quiet {notification: off, interval: 6m}
x-all: &all
  X: {address: http://x/}
servers:
  A: &a
    <<: *slow
    address: http://a/
    timeout: 2s
  B:
    address: http://b/
    <<: [*quiet, *slow]
  C:
    <<: *a
    address: http://c/
)");
  using namespace std::chrono_literals;
  REQUIRE(config.servers.size() == 3);
  CHECK(config.servers[0].interval == 5min);
  CHECK(config.servers[0].timeout == 2s);
  CHECK(config.servers[1].interval == 6min);
  CHECK(config.servers[1].timeout == 1min);
  CHECK_FALSE(config.servers[1].notification);
  CHECK(config.servers[2].timeout == 2s);
  CHECK(config.servers[2].address == "http://c/");
  CHECK(good("x-all: &all {X: {address: 'http://x/'}}\nservers: *all\n").servers.size() == 1);
}

TEST_CASE("a file that multiplies by aliases is read in no time", "[config]") {
  std::string text = "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 25; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "x-" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k == 0 ? "" : ", ") + alias;
    text += "]\n";
  }
  CHECK(good(text + one_server).servers.size() == 1);
}

TEST_CASE("line ends of Windows and a byte order mark do not matter", "[config]") {
  CHECK(good("\xef\xbb\xbfservers:\r\n  A:\r\n    address: http://a/\r\n    name: \"x\"\r\n")
            .servers[0]
            .name == "x");
}

TEST_CASE("a process does not need the secrets of others", "[config]") {
  const std::string text = R"(
servers: {A: {address: 'http://${HOST_UNSET}/', basic_auth_file: /none}}
credentials:
  DB: {engine: mysql, address: db, username: "${USER_UNSET}", password_file: /none, db: d}
  ROCKETCHAT: {webhook_file: /none}
)";
  const auto read = [&](const ConfigNeeds& needs) {
    return parse_config(text, "test.yaml", environment(), needs);
  };
  const auto nothing = read({.servers = false, .database = false, .rocketchat = false});
  REQUIRE(std::holds_alternative<Config>(nothing));
  CHECK(std::get<Config>(nothing).database_configured);
  CHECK(std::get<Config>(nothing).rocketchat.has_value());
  CHECK(std::get<std::vector<ConfigError>>(read({})).size() == 5);
  CHECK(std::get<std::vector<ConfigError>>(
            read({.servers = true, .database = false, .rocketchat = false}))
            .size() == 2);
  CHECK(std::get<std::vector<ConfigError>>(
            read({.servers = false, .database = true, .rocketchat = false}))
            .size() == 2);
  CHECK(std::get<std::vector<ConfigError>>(
            read({.servers = false, .database = false, .rocketchat = true}))
            .size() == 1);
  CHECK(first_error("transport: {lease: 10s}", environment(),
                    {.servers = false, .database = false, .rocketchat = false}) == "no error");
}

TEST_CASE("the state directory is the first that is set", "[config]") {
  const auto journal = [](std::map<std::string, std::string> variables) {
    return good(one_server, environment(std::move(variables))).journal_path;
  };
  CHECK(journal({}) == "/home/op/.local/state/stalewatch/journal.sqlite");
  CHECK(journal({{"XDG_STATE_HOME", "/xdg"}}) == "/xdg/stalewatch/journal.sqlite");
  CHECK(journal({{"XDG_STATE_HOME", "/xdg"}, {"STATE_DIRECTORY", "/var/lib/s:/other"}}) ==
        "/var/lib/s/journal.sqlite");
  CHECK(journal({{"STATE_DIRECTORY", "/x"}, {"STALEWATCH_STATE_DIR", "/own"}}) ==
        "/own/journal.sqlite");
  CHECK(journal({{"HOME", ""}}) == "/var/lib/stalewatch/journal.sqlite");
}

TEST_CASE("warnings tell what is read but hardly meant", "[config]") {
  const auto warnings = [](const std::string& text) { return good(text).warnings; };
  CHECK(warnings(one_server).empty());
  CHECK(warnings("servers:\n  A: {address: 'http://a/', notification_threshold: 30s}").at(0) ==
        "test.yaml:2:3: servers.A: notification_threshold 30s is shorter than the interval 1m: it "
        "will be stale before "
        "each next probe");
  CHECK(warnings("servers:\n  A: {address: 'http://a/', tls: {verify: off}}").size() == 1);
}

TEST_CASE("what is no file at all is said in one line", "[config]") {
  const auto read = [](const std::string& path) {
    return to_string(std::get<std::vector<ConfigError>>(read_config(path)).at(0));
  };
  CHECK(read("/nonexistent/stalewatch.yaml") ==
        "/nonexistent/stalewatch.yaml: No such file or directory");
  CHECK(read(TEST_DATA) == TEST_DATA ": is a directory");
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
        "transport: {samples: '${SECRET}'}"}) {
    INFO(wrong);
    const std::string error = first_error(one_server + wrong, environment({{"SECRET", "s3cr3t"}}));
    CHECK(error != "no error");
    CHECK(error.find("s3cr3t") == std::string::npos);
  }
}

TEST_CASE("a summary tells what would run", "[config]") {
  const std::string shown =
      summarize(good("servers: {A: {address: 'http://a/', db_save: off}, B: {address: 'http://b/', "
                     "name: \"two\", msg_interval: 0}}"));
  CHECK(shown == R"(test.yaml: good
2 servers
  A  http://a/  every 1m, stale after 15m, reminders every 5m, no rows
  two  http://b/  every 1m, stale after 15m, no reminders
tells       terminal; no log file; no Rocket.Chat (no credentials.ROCKETCHAT)
rows        SQLite file /home/op/.local/state/stalewatch/rows.sqlite, table stalewatch_updates (no credentials.DB: the embedded default)
sockets     samples tcp://127.0.0.1:5555, control tcp://127.0.0.1:5556, events tcp://127.0.0.1:5557
journal     /home/op/.local/state/stalewatch/journal.sqlite
notifier    /home/op/.local/state/stalewatch/notifier.sqlite
)");
}

TEST_CASE("a file of many servers is read in pieces", "[config]") {
  std::string text = "servers:\n";
  constexpr int many = 20'000;
  for (int i = 0; i < many; ++i) {
    const std::string name = "S" + std::to_string(i);
    text += "  " + name + ":\n    address: http://127.0.0.1:5000/" + name +
            "\n    notification_threshold: 15m\n";
  }
  const Config config = good(text);
  CHECK(config.servers.size() == many);
  CHECK(config.servers.back().address == "http://127.0.0.1:5000/S19999");
}

}  // namespace
}  // namespace stalewatch
