#include "common/config/database.hpp"

#include "common/config/values.hpp"

#include <algorithm>
#include <charconv>

namespace stalewatch {
namespace {

using Engine = DatabaseConfig::Engine;

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

/// "127.0.0.1:3306", "db", "[::1]:5432", "/run/mysqld/mysqld.sock". False when the port is wrong.
bool split_address(std::string_view address, DatabaseConfig& database) {
  if (!address.empty() && address[0] == '/') {
    database.socket = address;
    return true;
  }
  const std::size_t bracket = address.rfind(']');
  const std::size_t colon = address.rfind(':');
  const bool only_host =
      colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket);
  if (!only_host) {
    const auto port = parse_port(address.substr(colon + 1));
    if (!port) return false;
    database.port = *port;
    address = address.substr(0, colon);
  }
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  database.host = address;
  return true;
}

/// The value of "name=" in a URL's query, as SQLAlchemy's drivers have for sockets.
std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.size() > name.size() && pair.substr(0, name.size()) == name &&
        pair[name.size()] == '=')
      return percent_decode(pair.substr(name.size() + 1));
  }
  return "";
}

/// SQLite: "sqlite:///relative.db", "sqlite:////absolute.db", "sqlite://" (the default file).
Result<DatabaseConfig> sqlite_from_url(std::string_view rest, const std::string& sqlite_file) {
  DatabaseConfig database;
  std::string path = percent_decode(rest.substr(0, rest.find('?')));
  if (!path.empty() && path[0] != '/') return Error{"url: needs three slashes: sqlite:///file.db"};
  if (!path.empty()) path.erase(0, 1);
  if (path == ":memory:") return Error{"url: rows in memory would be gone at the end; name a file"};
  database.database = path.empty() ? sqlite_file : path;
  return database;
}

/// engine[+driver]://user:password@host:port/db?unix_socket=/path
Result<DatabaseConfig> from_url(std::string_view url, const std::string& sqlite_file) {
  const std::size_t scheme = url.find("://");
  const auto engine = parse_engine(url.substr(0, scheme));
  if (scheme == std::string_view::npos || !engine)
    return Error{
        "url: must be like mysql://user:password@host:3306/db, with sqlite, mysql, mariadb or "
        "postgresql"};
  std::string_view rest = url.substr(scheme + 3);
  if (*engine == Engine::sqlite) return sqlite_from_url(rest, sqlite_file);

  DatabaseConfig database;
  database.engine = *engine;
  const std::size_t path = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path);
  rest.remove_prefix(std::min(path, rest.size()));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    const std::size_t colon = user.find(':');
    database.username = percent_decode(user.substr(0, colon));
    if (colon != std::string_view::npos)
      database.password = Secret(percent_decode(user.substr(colon + 1)));
    authority.remove_prefix(at + 1);
  }
  if (!split_address(authority, database)) return Error{"url: has a wrong port"};
  const std::size_t query = rest.find('?');
  if (!rest.empty() && rest[0] == '/')
    database.database = percent_decode(rest.substr(1, query - 1));
  if (query != std::string_view::npos)
    database.socket = query_value(rest.substr(query + 1), "unix_socket");
  return database;
}

Result<DatabaseConfig> from_parts(const DatabaseDraft& draft, Engine engine,
                                  const std::string& sqlite_file) {
  DatabaseConfig database;
  database.engine = engine;
  database.database = draft.database;
  if (engine == Engine::sqlite) {
    if (database.database.empty()) database.database = sqlite_file;
    return database;
  }
  if (!draft.address.empty() && !(draft.host.empty() && draft.port == 0))
    return Error{"address: is given together with host or port; write one of them"};
  if (!draft.address.empty() && !split_address(draft.address, database))
    return Error{"address: has a wrong port; write host:port, like 127.0.0.1:3306"};
  if (!draft.host.empty()) database.host = draft.host;
  if (draft.port != 0) database.port = static_cast<std::uint16_t>(draft.port);
  if (!draft.socket.empty()) database.socket = draft.socket;
  return database;
}

bool has_parts(const DatabaseDraft& d) {
  return !(d.address.empty() && d.host.empty() && d.socket.empty() && d.database.empty() &&
           d.port == 0);
}

Result<DatabaseConfig> without_checks(const DatabaseDraft& draft, const std::string& sqlite_file) {
  const bool engine_is_url = draft.engine.find("://") != std::string::npos;
  if (!draft.url.empty() && !draft.engine.empty())
    return Error{"url: is given together with engine; write one of them"};
  const std::string& url = engine_is_url ? draft.engine : draft.url;
  if (url.empty() && draft.engine.empty())
    return Error{"engine: is missing; write engine: or url:"};
  if (url.empty()) return from_parts(draft, *parse_engine(draft.engine), sqlite_file);
  if (has_parts(draft))
    return Error{
        "url: is given together with parts of it (address, host, port, socket, db); write one of "
        "them"};
  return from_url(url, sqlite_file);
}

}  // namespace

std::optional<Engine> parse_engine(std::string_view text) {
  constexpr std::pair<std::string_view, Engine> names[] = {
      {"sqlite", Engine::sqlite},         {"sqlite3", Engine::sqlite},
      {"mysql", Engine::mysql},           {"mariadb", Engine::mariadb},
      {"postgresql", Engine::postgresql}, {"postgres", Engine::postgresql}};
  std::string name(text.substr(0, text.find_first_of("+:")));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const auto& [known, engine] : names)
    if (name == known) return engine;
  return std::nullopt;
}

std::string_view name_of(Engine engine) {
  switch (engine) {
    case Engine::sqlite:
      return "sqlite";
    case Engine::mysql:
      return "mysql";
    case Engine::mariadb:
      return "mariadb";
    case Engine::postgresql:
      return "postgresql";
  }
  return "";
}

Result<DatabaseConfig> database_from(const DatabaseDraft& draft, const std::string& sqlite_file) {
  auto database = without_checks(draft, sqlite_file);
  if (!database) return database;
  if (!draft.username.empty()) database->username = draft.username;
  if (!draft.password.empty()) database->password = Secret(draft.password);
  if (!draft.table.empty()) database->table = draft.table;
  if (database->engine == Engine::sqlite) return database;
  if (database->host.empty() && database->socket.empty())
    return Error{"address: is missing; write host:port, like 127.0.0.1:3306, or socket:"};
  if (!database->host.empty() && !database->socket.empty())
    return Error{"socket: is given together with a host; write one of them"};
  if (database->database.empty()) return Error{"db: is missing; write the database's name"};
  if (database->username.empty()) return Error{"username: is missing"};
  return database;
}

}  // namespace stalewatch
