#include "tests/common/config/testing.hpp"

namespace stalewatch {
namespace {

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
  const DatabaseConfig url = with(
      "url: 'postgresql+psycopg2://me:p%40ss%2Fword@[::1]:5433/rows?sslmode=disable', table: t");
  CHECK(url.engine == Engine::postgresql);
  CHECK(url.username == "me");
  CHECK(url.password.reveal() == "p@ss/word");
  CHECK(url.host == "::1");
  CHECK(url.port == 5433);
  CHECK(url.database == "rows");
  CHECK(url.table == "t");
  CHECK(url.tls.mode == DatabaseTls::Mode::disable);
  const DatabaseConfig verified = with(
      "url: 'postgresql://me@db/rows?sslmode=verify-full&sslrootcert=%2Fca.pem&sslcert=c&"
      "sslkey=k'");
  CHECK(verified.tls == DatabaseTls{.mode = DatabaseTls::Mode::verify_full,
                                    .ca_file = "/ca.pem",
                                    .cert_file = "c",
                                    .key_file = "k"});
  CHECK(with("url: 'mysql://me@db/rows?ssl_ca=/ca.pem&charset=utf8mb4'").tls.mode ==
        DatabaseTls::Mode::verify_full);
  CHECK(with("url: 'mysql://me@db/rows?ssl_mode=VERIFY_IDENTITY', tls: {ca_file: /ca.pem}").tls ==
        DatabaseTls{.mode = DatabaseTls::Mode::verify_full,
                    .ca_file = "/ca.pem",
                    .cert_file = "",
                    .key_file = ""});
  for (const char* place :
       {"postgresql://me@/rows?host=/run/pg", "postgresql://me@%2Frun%2Fpg/rows"})
    CHECK(with("url: '" + std::string(place) + "'").socket == "/run/pg");
  CHECK(with("url: 'postgresql://me@/rows?host=db:5433'").port == 5433);
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

}  // namespace
}  // namespace stalewatch
