#include "tests/common/config/testing.hpp"

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

}  // namespace

TEST_CASE("a value of a URL's parameter that is refused names those that are not", "[config]") {
  const std::tuple<std::string, std::string, std::string> rows[] = {
      {"postgresql", "sslmode=allow", "disable, prefer, require, verify-ca or verify-full"},
      {"postgresql", "sslmode", "disable, prefer, require, verify-ca or verify-full"},
      {"postgresql", "sslrootcert=", "the path of a PEM file"},
      {"postgresql", "sslcert=a%0Ab", "the path of a PEM file"},
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

}  // namespace stalewatch
