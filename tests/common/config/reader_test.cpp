#include "common/config/sections/rocketchat.hpp"
#include "tests/common/config/testing.hpp"

#include <filesystem>
#include <set>

namespace stalewatch {
namespace {

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
  const auto* chat = config.section<RocketchatConfig>();
  REQUIRE(chat != nullptr);
  CHECK(chat->webhook.reveal() == "https://rock.sever.example/hooks/random/random");
  CHECK(chat->headers.at("content-type").reveal() == "application/json");
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
  REQUIRE(full.section<RocketchatConfig>() != nullptr);
  CHECK(full.section<RocketchatConfig>()->channel == "#alerts");
  CHECK(full.journal_path == "/var/lib/stalewatch/journal.sqlite");
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

TEST_CASE("addresses that nobody gave are sockets in the state directory", "[config]") {
  const auto transport = [](const std::string& more, const std::string& state) {
    return good(one_server + more, environment({{"STALEWATCH_STATE_DIR", state}})).transport;
  };
  CHECK(transport("", "/s").samples == "ipc:///s/sockets/samples");
  CHECK(transport("", "/s").control == "ipc:///s/sockets/control");
  CHECK(transport("", "/s").events == "ipc:///s/sockets/events");
  CHECK(transport("", "./s/../s").control ==
        "ipc://" + std::filesystem::current_path().string() + "/s/sockets/control");
  const auto mixed = transport("transport: {control: 'tcp://127.0.0.1:5556', lease: 9s}\n", "/s");
  CHECK(mixed.samples == "ipc:///s/sockets/samples");
  CHECK(mixed.control == "tcp://127.0.0.1:5556");
  const std::string longest(107 - std::string("//sockets/samples").size(), 'x');
  CHECK(transport("", "/" + longest).samples.size() == std::string("ipc://").size() + 107);
}

TEST_CASE("localhost is 127.0.0.1: who connects may name it, who listens may not", "[config]") {
  const auto read = good(one_server +
                         "transport: {samples: 'tcp://localhost:5555', control: "
                         "'tcp://127.0.0.1:5556', events: 'tcp://localhost:5557'}\n");
  CHECK(read.transport.samples == "tcp://127.0.0.1:5555");
  CHECK(read.transport.events == "tcp://127.0.0.1:5557");
  CHECK_THAT(first_error(one_server + "transport: {samples: 'tcp://localhost:5555', control: "
                                      "'tcp://127.0.0.1:5555'}\n"),
             Catch::Matchers::ContainsSubstring("is the same as transport.control"));
}

TEST_CASE(
    "a state directory whose sockets would have too long a path is an error, unless addresses "
    "are given",
    "[config]") {
  const auto variables = environment({{"STALEWATCH_STATE_DIR", "/" + std::string(91, 'x')}});
  const auto read = parse_config(one_server, "test.yaml", variables);
  REQUIRE(std::holds_alternative<std::vector<ConfigError>>(read));
  const auto& errors = std::get<std::vector<ConfigError>>(read);
  REQUIRE(errors.size() == 1);  // the same for "control", and "events" is a byte shorter
  CHECK(errors[0].path == "transport.samples");
  CHECK_THAT(errors[0].message,
             Catch::Matchers::ContainsSubstring("longer (108 bytes) than the 107"));
  CHECK_THAT(errors[0].message, Catch::Matchers::ContainsSubstring("STALEWATCH_STATE_DIR"));
  CHECK(good(one_server + "transport: {samples: 'ipc:///r/s', control: 'ipc:///r/c', events: "
                          "'ipc:///r/e'}\n",
             variables)
            .transport.events == "ipc:///r/e");
}

TEST_CASE("headers that take much room are warned of, those that fit no message are an error",
          "[config]") {
  const auto with = [](std::size_t bytes) {
    return "servers:\n  A: {address: 'http://a/'}\n  B: {address: 'http://b/', headers: {Accept: "
           "json, X: " +
           std::string(bytes, 'x') + "}}\n";
  };
  CHECK(good(with(63 << 10)).warnings.empty());
  CHECK(good(with(70 << 10)).warnings ==
        std::vector<std::string>{"test.yaml:3:3: servers.B.headers: take 71 KiB of the 71 KiB that "
                                 "a prober has to be told of this server; is that meant?"});
  CHECK(good(with(1'000 << 10)).warnings.size() == 1);
  CHECK(first_error(with(1 << 20)) ==
        "test.yaml:3:3: servers.B.headers: take 1025 KiB of the 1025 KiB that a prober has to be "
        "told of this server; at most 1024 KiB can be");
}

TEST_CASE("headers without an end are no headers", "[config]") {
  const auto with = [](int count) {
    std::string headers;
    for (int i = 0; i < count; ++i) headers += "H" + std::to_string(i) + ": v, ";
    return "servers: {A: {address: 'http://a/', headers: {" + headers + "}}}";
  };
  CHECK(good(with(1'000)).servers[0].headers.size() == 1'000);
  CHECK_THAT(first_error(with(1'001)),
             Catch::Matchers::EndsWith("headers: has more than 1000 headers"));
}

TEST_CASE("no more warnings are kept than anybody reads", "[config]") {
  std::string text = "defaults: {notification_threshold: 1s}\nservers:\n";
  for (int i = 0; i < 1'500; ++i) text += "  S" + std::to_string(i) + ": {address: 'http://a/'}\n";
  const auto warnings = good(text).warnings;
  CHECK(warnings.size() == 1'001);
  CHECK(warnings.back() == "and more; no further warnings are shown");
}

TEST_CASE("a $ that does not mean what it may be thought to is warned of", "[config]") {
  const auto warnings = [](const std::string& password, const std::string& address_key) {
    std::string all;
    for (const auto& warning : good("servers:\n  A:\n    " + address_key +
                                        ": http://a/\n    basic_auth: 'u:" + password + "'\n",
                                    environment({{"P", "p"}}))
                                   .warnings)
      all += warning + "\n";
    return all;
  };
  const std::string at = "test.yaml:4:17: servers.A.basic_auth: ";
  const std::string doubled =
      at + "\"$$\" stands for one \"$\"; write \"$$$$\" if two are meant, or \"$\" if one is\n";
  const std::string variable =
      at +
      "\"${\" begins a variable, as it did not for the script; write \"$${\" if none is meant\n";
  for (const std::string_view key : {"address", "adress"}) {
    const bool old = key == "adress";
    const auto of = [&](const std::string& password) {
      return warnings(password, std::string(key));
    };
    CHECK(of("pa$$word") == doubled);
    CHECK(of("pass$$") == doubled);
    CHECK(of("$${P}$$") == doubled);
    CHECK(of("$$$$") == (old ? doubled : ""));
    CHECK(of("$${P}") == (old ? doubled : ""));
    CHECK(of("${P}") == (old ? variable : ""));
    CHECK(of("$P$ $x") == "");
  }
  CHECK(good("servers: {A: {address: 'http://u:a$$b@a/', headers: {X: 'c$$d'}}}").warnings.size() ==
        2);
}

TEST_CASE("warnings tell what is read but hardly meant", "[config]") {
  const auto warnings = [](const std::string& text) { return good(text).warnings; };
  CHECK(warnings(one_server).empty());
  CHECK(warnings("servers:\n  A: {address: 'http://a/', notification_threshold: 30s}").at(0) ==
        "test.yaml:2:3: servers.A: notification_threshold 30s is shorter than the interval 1m: it "
        "will be stale before "
        "each next probe");
  CHECK(warnings("servers:\n  A: {address: 'http://a/', tls: {verify: off}}").size() == 1);
  CHECK(warnings(one_server + "credentials: {DB: {engine: sqlite, username: u, db: x}}") ==
        std::vector<std::string>{
            "test.yaml:2:36: credentials.DB.username: is ignored: SQLite has no use for it"});
}

TEST_CASE("of the processes that read a file one tells each warning", "[config]") {
  const std::string text =
      "servers:\n  A: {address: 'http://a/', notification: off, basic_auth: 'u:$$x'}\n"
      "defaults: {headers: {X: 'a$$b'}}\n"
      "credentials: {DB: {engine: sqlite, username: u, db: x}, ROCKETCHAT: {webhook: "
      "'http://c/$$x'}}\n"
      "logs: {filename: 'a$$b'}\n";
  std::multiset<std::string> told;
  const auto add = [&](ConfigUser user, std::size_t count) {
    const auto read = parse_config(text, "test.yaml", environment(), user);
    const auto& warnings = std::get<Config>(read).warnings;
    CHECK(warnings.size() == count);
    told.insert(warnings.begin(), warnings.end());
  };
  add(ConfigUser::aggregator, 3);
  add(ConfigUser::recorder, 1);
  add(ConfigUser::notifier, 2);
  add(ConfigUser::prober, 0);
  add(ConfigUser::command, 0);
  const auto all = good(text).warnings;
  CHECK(told == std::multiset<std::string>(all.begin(), all.end()));
  told.clear();
  add(ConfigUser::standalone_prober, 3);  // it has nobody beside it
}

TEST_CASE("a list has its texts in their order, variables included, up to its limit", "[config]") {
  const auto consumers = [](const std::string& list) {
    return one_server + "journal: {consumers: " + list + "}\n";
  };
  CHECK(good(one_server).journal.consumers == std::vector<std::string>{"notifier", "recorder"});
  CHECK(good(consumers("[\"${MINE}\", notifier]"), environment({{"MINE", "my own"}}))
            .journal.consumers == std::vector<std::string>{"my own", "notifier"});
  CHECK(good(consumers("[]")).journal.consumers.empty());
  CHECK(summarize(good(consumers("[]"))).find("kept for nobody\n") != std::string::npos);
  std::string names = "[c0";
  for (int i = 1; i < 100; ++i) names += ", c" + std::to_string(i);
  CHECK(good(consumers(names + "]")).journal.consumers.size() == 100);
  CHECK(first_error(consumers(names + ", c100]")) ==
        "test.yaml:2:22: journal.consumers: has 101 texts; possible are 0 to 100 texts");
  CHECK(first_error(consumers("[\"${MINE}\"]"), environment({{"MINE", "a\x80z"}})) ==
        "test.yaml:2:23: journal.consumers: \"${MINE}\" is not fit to be shown");
}

TEST_CASE("what is no file at all is said in one line", "[config]") {
  const auto read = [](const std::string& path) {
    return to_string(std::get<std::vector<ConfigError>>(read_config(path)).at(0));
  };
  CHECK(read("/nonexistent/stalewatch.yaml") ==
        "/nonexistent/stalewatch.yaml: No such file or directory");
  CHECK(read(TEST_DATA) == TEST_DATA ": is a directory");
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
sockets     samples, control and events in ipc:///home/op/.local/state/stalewatch/sockets/
journal     /home/op/.local/state/stalewatch/journal.sqlite, kept for notifier, recorder
notifier    /home/op/.local/state/stalewatch/notifier.sqlite
)");
}

TEST_CASE("a summary tells where a database lies, with its port", "[config]") {
  for (const auto& [place, shown] : std::vector<std::pair<std::string, std::string>>{
           {"engine: mysql, address: 'db:3307'", "mysql at db:3307,"},
           {"engine: mysql, host: db", "mysql at db,"},
           {"engine: mysql, address: '[::1]:3307'", "mysql at [::1]:3307,"},
           {"engine: mysql, socket: /run/my.sock", "mysql at /run/my.sock,"},
           {"engine: postgresql, socket: /run/pg, port: 5433", "postgresql at /run/pg:5433,"}})
    CHECK(
        summarize(good(one_server + "credentials: {DB: {" + place + ", db: rows, username: me}}\n"))
            .find("rows        " + shown) != std::string::npos);
}

TEST_CASE("relative paths are shown as what they mean", "[config]") {
  const std::string shown = summarize(
      good(one_server + "logs: {filename: runs.log}\njournal: {path: ./j/../journal}\n"
                        "notifier: {state: n}\ncredentials: {DB: {engine: sqlite, db: rows}}\n"));
  const std::string here = std::filesystem::current_path().string() + "/";
  for (const auto* path : {"runs.log", "journal", "n", "rows"})
    CHECK(shown.find(" " + here + path) != std::string::npos);
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
