#include "common/base/ascii.hpp"
#include "tests/common/config/testing.hpp"

#include <string_view>
#include <tuple>

namespace stalewatch {
namespace {

std::string section(const std::string& lines) {
  return one_server + "credentials: {DB: {" + lines + "}}";
}

std::string quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

/// Where the database is, as it was understood; or the first error's text.
std::string place_of(const std::string& lines) {
  const std::string text = section(lines);
  if (const std::string error = first_error(text); error != "no error")
    return error.substr(error.find("credentials.DB.") + 15);
  const DatabaseConfig database = good(text).database;
  return database.host + "|" + std::to_string(database.port) + "|" + database.socket + "|" +
         database.database;
}

std::string place_of_url(const std::string& url) { return place_of("url: " + quoted(url)); }

const std::string encoded =
    "; where user or password have one of : / ? # @ %, write them as %3A %2F %3F %23 %40 %25";

}  // namespace

TEST_CASE("each part of a database's URL is honoured or refused with what to write", "[config]") {
  const std::string several =
      "names several hosts; write the one that takes rows, or a name that follows it";
  const std::string one_place =
      "url: its parameter host has a value that will not do; write one host, host:port or a "
      "socket's folder, and only where none stands before the database";
  const std::pair<std::string, std::string> rows[] = {
      {"mysql://me@db/rows", "db|0||rows"},
      {"mysql://me@db:3307/rows", "db|3307||rows"},
      {"mysql://me@[::1]:3307/rows", "::1|3307||rows"},
      {"mysql://me@%2Frun%2Fmy.sock/rows", "|0|/run/my.sock|rows"},
      {"mysql://me@/rows?unix_socket=/run/my.sock", "|0|/run/my.sock|rows"},
      {"mysql://me@db/rows?&charset=utf8mb4&&ssl_mode=disabled&", "db|0||rows"},
      {"postgresql://me@[fe80::1%25eth0]/rows", "fe80::1%eth0|0||rows"},
      {"postgresql://me@/rows?host=db:5433", "db|5433||rows"},
      {"postgresql://me@/rows?host=db&port=5433", "db|5433||rows"},
      {"postgresql://me@/rows?host=/run/pg", "|0|/run/pg|rows"},
      {"postgresql://me@/rows?host=/run/pg:5433", "|5433|/run/pg|rows"},
      {"postgresql://me@/rows?host=/run/pg&port=5433", "|5433|/run/pg|rows"},
      {"postgresql://me@:5433/rows?host=/run/pg", "|5433|/run/pg|rows"},
      {"postgresql://me@%2Frun%2Fpg:5433/rows", "|5433|/run/pg|rows"},

      {"postgresql://me@h1:5432,h2:5433/rows", "url: its host " + several + encoded},
      {"postgresql://me@h1,h2/rows", "url: its host " + several + encoded},
      {"postgresql://me@/rows?host=h1:5432,h2:5433", one_place},
      {"postgresql://me@/rows?host=h1&host=h2",
       "url: its parameter host is given twice; write it once"},
      {"postgresql://me@db/rows?host=/run/pg", one_place},
      {"postgresql://me@:5433/rows?host=db:5434", one_place},
      {"postgresql://me@db:5433/rows?port=5434",
       "url: its parameter port has a value that will not do; write 1 to 65535, once"},
      {"postgresql://me@/rows?host=/run/a,/run/b",
       "url: its socket is no folder; write where PostgreSQL's lies, like /run/postgresql"},
      {"postgresql://me@/rows?host=/run/pg/.s.PGSQL.5433",
       "url: its socket is a file, and PostgreSQL's is named by its folder; write /run/pg, and as "
       "port what stands at the end"},
      {"mysql://me@:3307/rows?unix_socket=/run/my.sock",
       "url: its port is of no use beside a socket; leave it out"},
      {"mysql://me@%2Frun%2Fmy.sock:3307/rows",
       "url: its host has a port behind a socket; leave it out" + encoded},
      {"mysql://me@localhost/rows?unix_socket=/run/my.sock",
       "url: its socket is given together with a host; write one of them"},
      {"mysql://me@::1/rows",
       "url: its host is no host and port; write host:port, and an IPv6 address as [::1]:3306" +
           encoded},
      {"mysql://me@db#x/rows",
       "url: its host is no host name; write it alone, like db.example or 127.0.0.1" + encoded},
      {"mysql://me@db;ssl-ca=x/rows",
       "url: its host is no host name; write it alone, like db.example or 127.0.0.1" + encoded},
      {"mysql://me@db:/rows",
       "url: its host has a wrong port; write host:port, like 127.0.0.1:3306" + encoded},
      {"mysql://me@/rows",
       "url: names neither host nor socket; write it like mysql://user:password@host:3306/db"},
      {"mysql://me@db", "url: names no database; write it like mysql://user:password@host:3306/db"},
      {"mysql://db/rows", "username: is missing"},
  };
  for (const auto& [url, place] : rows) {
    INFO(url);
    CHECK(place_of_url(url) == place);
  }
}

TEST_CASE("each key of a database's place is honoured or refused with what to write", "[config]") {
  const std::string no_host = "is no host name; write it alone, like db.example or 127.0.0.1";
  const std::tuple<std::string, std::string, std::string> rows[] = {
      {"mysql", "address: '[::1]:3307'", "::1|3307||d"},
      {"mysql", "address: /run/my.sock", "|0|/run/my.sock|d"},
      {"mysql", "host: '::1', port: 3307", "::1|3307||d"},
      {"mysql", "socket: run/my.sock", "|0|run/my.sock|d"},
      {"postgresql", "socket: /run/pg, port: 5433", "|5433|/run/pg|d"},
      {"postgresql", "address: '/run/pg:5433'", "|5433|/run/pg|d"},
      {"mysql", "address: '::1'",
       "address: is no host and port; write host:port, and an IPv6 address as [::1]:3306"},
      {"mysql", "address: '/run/my.sock:3307'",
       "address: has a port behind a socket; leave it out"},
      {"mysql", "socket: /run/my.sock, port: 3307",
       "port: is of no use beside a socket; leave it out"},
      {"postgresql", "socket: run/pg",
       "socket: is no folder; write where PostgreSQL's lies, like /run/postgresql"},
      {"postgresql", "address: 'h1:5432,h2:5433'",
       "address: names several hosts; write the one that takes rows, or a name that follows it"},
      {"postgresql", "host: 'h1,h2'",
       "host: names several hosts; write the one that takes rows, or a name that follows it"},
      {"mysql", "host: 'db:3307'", "host: " + no_host},
      {"mysql", "host: 'mysql://db'", "host: " + no_host},
      {"mysql", "host: 'db;ssl-ca=x'", "host: " + no_host},
  };
  for (const auto& [engine, lines, place] : rows) {
    INFO(engine << ": " << lines);
    CHECK(place_of("engine: " + engine + ", username: u, db: d, " + lines) == place);
  }
}

TEST_CASE("a value of a URL's parameter that is refused names those that are not", "[config]") {
  const std::tuple<std::string, std::string, std::string> rows[] = {
      {"postgresql", "sslmode=allow", "disable, prefer, require, verify-ca or verify-full"},
      {"postgresql", "sslmode", "disable, prefer, require, verify-ca or verify-full"},
      {"postgresql", "sslrootcert=", "the path of a PEM file, or system"},
      {"postgresql", "sslcert=a%0Ab", "the path of a PEM file"},
      {"postgresql", "port=0", "1 to 65535, once"},
      {"mysql", "ssl_mode=PREFERRED", "DISABLED, REQUIRED or VERIFY_IDENTITY"},
      {"mysql", "ssl_mode=VERIFY_CA", "DISABLED, REQUIRED or VERIFY_IDENTITY"},
      {"mysql", "charset=utf8", "utf8mb4, which it is anyhow"},
      {"mysql", "unix_socket=", "the path of the server's socket"},
  };
  for (const auto& [engine, parameter, values] : rows) {
    INFO(engine << ": " << parameter);
    const std::string name = parameter.substr(0, parameter.find('='));
    CHECK(place_of_url(engine + "://me@db/rows?" + parameter) ==
          "url: its parameter " + name + " has a value that will not do; write " + values);
  }
  CHECK(place_of_url("mysql://me@db/rows?=1") ==
        "url: has a parameter without a name; known are unix_socket, ssl_mode, ssl_ca, ssl_cert, "
        "ssl_key, charset");
  CHECK(place_of_url("mysql://me@db/rows?password=x") ==
        "url: its parameter password means nothing here; known are unix_socket, ssl_mode, ssl_ca, "
        "ssl_cert, ssl_key, charset");
}

TEST_CASE("the system's authorities by libpq's word for them", "[config]") {
  const DatabaseTls verified{.mode = DatabaseTls::Mode::verify_full};
  const auto tls = [](const std::string& lines) { return good(section(lines)).database.tls; };
  for (const char* mode : {"", "&sslmode=verify-full"}) {
    INFO(mode);
    CHECK(tls("url: 'postgresql://me@db/rows?sslrootcert=system" + std::string(mode) + "'") ==
          verified);
  }
  CHECK(tls("url: 'postgresql://me@db/rows', tls: {ca_file: system}") == verified);
  CHECK(place_of_url("postgresql://me@db/rows?sslrootcert=system&sslmode=require") ==
        "tls.ca_file: is of use only with mode verify-full or verify-ca");
  CHECK(tls("url: 'mysql://me@db/rows?ssl_ca=system'").ca_file == "system");  // a file's name
}

namespace {

/// Each piece of four characters.
bool shows_some_of(const std::string& text, const std::string& secret) {
  for (std::size_t at = 0; at + 4 <= secret.size(); ++at)
    if (text.find(secret.substr(at, 4)) != std::string::npos) return true;
  return false;
}

std::string all_that_is_shown(const std::variant<Config, std::vector<ConfigError>>& read) {
  if (const auto* config = std::get_if<Config>(&read)) {
    const DatabaseConfig& database = config->database;
    return summarize(*config) + database.username + "\n" + database.host + "\n" + database.socket +
           "\n" + database.database;
  }
  std::string shown;
  for (const auto& error : std::get<std::vector<ConfigError>>(read))
    shown += to_string(error) + "\n";
  return shown;
}

/// Letters and digits, so that a piece may look like a name and like a port.
std::vector<std::string> odd_passwords() {
  std::vector<std::string> passwords;
  for (const std::string odd :
       {"/",  "?",  "@", "#", ":",  "%", "%2F", "%40", "&", "=",  "//", "/?", "@/", "/@", ":/",
        "?=", "&=", "[", "]", "]:", ",", ";",   " ",   "'", "\"", "\\", "+",  "..", "{}", "://"})
    for (const std::string left : {"", "Zq7xKv", "4711"})
      for (const std::string right : {"", "Wj9tRm", "8822"})
        passwords.push_back(left + odd + right);
  return passwords;
}

}  // namespace

TEST_CASE("no piece of a password is shown, wherever a URL ends for having it", "[config]") {
  for (const std::string& password : odd_passwords())
    for (const std::string engine : {"mysql", "mariadb+pymysql", "postgresql", "postgres"})
      for (const std::string user : {"me", "", "me.too%40corp"})
        for (const std::string rest : {"db/rows", "db:3307/rows?", "[::1]/rows"}) {
          const std::string url = engine + "://" + user + ":" + password + "@" + rest;
          INFO(url);
          const auto read =
              parse_config(section((user.empty() ? "username: me, url: " : "url: ") + quoted(url)),
                           "test.yaml", environment());
          const std::string shown = all_that_is_shown(read);
          CHECK_FALSE(shows_some_of(shown, password));
          if (password.find_first_of("/?") != std::string::npos) {
            CHECK(shown.find(encoded) != std::string::npos);
          } else {
            REQUIRE(std::holds_alternative<Config>(read));
            const DatabaseConfig& database = std::get<Config>(read).database;
            CHECK(database.password.reveal() == percent_decode(password));
            CHECK(database.host == (rest[0] == '[' ? "::1" : "db"));
            CHECK(database.database == "rows");
          }
        }
}

}  // namespace stalewatch
