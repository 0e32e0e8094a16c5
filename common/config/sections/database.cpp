// credentials.DB: where rows go. SQLAlchemy's engine names and URLs, put together to one
// DatabaseConfig.

#include "common/base/ascii.hpp"
#include "common/base/result.hpp"
#include "common/base/text.hpp"
#include "common/config/environment.hpp"
#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"
#include "common/config/values.hpp"
#include "common/config/walk.hpp"

#include <algorithm>
#include <charconv>

namespace stalewatch {
namespace {

using Engine = DatabaseConfig::Engine;

/// What the file says, until it is put together.
struct DatabaseDraft {
  std::string url, engine, address, host, socket, username, password, database, table;
  std::int64_t port = 0;

  bool operator==(const DatabaseDraft&) const = default;
};

/// `<table>_readable` has to fit PostgreSQL's 63 bytes.
constexpr std::size_t max_table = 50;

/// "mysql", "mysql+mysqlconnector", "postgres", "sqlite:///rows.db" ...; the driver and what
/// follows do not matter.
std::optional<Engine> parse_engine(std::string_view text) {
  constexpr std::pair<std::string_view, Engine> names[] = {
      {"sqlite", Engine::sqlite},         {"sqlite3", Engine::sqlite},
      {"mysql", Engine::mysql},           {"mariadb", Engine::mariadb},
      {"postgresql", Engine::postgresql}, {"postgres", Engine::postgresql}};
  const std::string name = to_lower(text.substr(0, text.find_first_of("+:")));
  for (const auto& [known, engine] : names)
    if (name == known) return engine;
  return std::nullopt;
}

/// "sqlite", "mysql", "mariadb", "postgresql".
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

/// Why SQLite would not open `path` as the file that it names; empty when it would.
std::string no_file(const std::string& path) {
  if (path == ":memory:") return "rows in memory would be gone at the end; name a file";
  if (path.starts_with("file:"))
    return "SQLite takes what begins with file: for a URI, which may say memory; write the path "
           "alone";
  return "";
}

/// SQLite: "sqlite:///relative.db", "sqlite:////absolute.db", "sqlite://" (the default file).
Result<DatabaseConfig> sqlite_from_url(std::string_view rest, const std::string& sqlite_file) {
  DatabaseConfig database;
  std::string path = percent_decode(rest.substr(0, rest.find('?')));
  if (!path.empty() && path[0] != '/') return Error{"url: needs three slashes: sqlite:///file.db"};
  if (!path.empty()) path.erase(0, 1);
  if (const auto why = no_file(path); !why.empty()) return Error{"url: " + why};
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
    if (const auto why = no_file(draft.database); !why.empty()) return Error{"db: " + why};
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

/// The parts, or what is missing or contradicts, without quoting any of them. `sqlite_file`: where
/// rows go when no file is named. The error's path is relative to credentials.DB, before a ": "
/// ("db: is missing").
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

std::string check_engine(const ConfigValue& value) {
  if (parse_engine(text_of(value))) return "";
  return "is no known engine; write sqlite, mysql, mariadb or postgresql (SQLAlchemy's spellings "
         "like "
         "mysql+mysqlconnector are read too)";
}

std::string check_table(const ConfigValue& value) {
  const std::string& table = text_of(value);
  const bool plain = !table.empty() && !is_digit(table[0]) &&
                     std::all_of(table.begin(), table.end(),
                                 [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  if (!plain) return "must be a plain name: letters, digits and _, not beginning with a digit";
  if (table.size() > max_table) return "is longer than " + std::to_string(max_table) + " bytes";
  return "";
}

std::span<const ConfigKey> section_keys() {
  using enum ConfigType;
  using D = DatabaseDraft;
  static constexpr ConfigKey keys[] = {
      {.path = "credentials.DB.engine",
       .type = text,
       .initial = "(required, or url)",
       .meaning = "`sqlite`, `mysql`, `mariadb` or `postgresql`; SQLAlchemy's spellings "
                  "(`mysql+mysqlconnector`, "
                  "`postgresql+psycopg2`, `postgres`) are read too",
       .example = "mysql+mysqlconnector",
       .check = check_engine,
       .set = set_part<&D::engine>},
      {.path = "credentials.DB.url",
       .type = secret,
       .initial = "(none)",
       .meaning = "engine, user, password, address and name in one, as SQLAlchemy writes it; "
                  "instead of these",
       .example = "postgresql://user:password@127.0.0.1:5432/stalewatch",
       .set = set_part<&D::url>},
      {.path = "credentials.DB.address",
       .type = text,
       .old_spelling = "adress",
       .initial = "(required, or host or socket)",
       .meaning = "host and port, or only the host",
       .example = "127.0.0.1:3306",
       .check = check_not_empty,
       .set = set_part<&D::address>},
      {.path = "credentials.DB.host",
       .type = text,
       .initial = "(see address)",
       .meaning = "the host alone, instead of address",
       .example = "db.example",
       .check = check_not_empty,
       .set = set_part<&D::host>},
      {.path = "credentials.DB.port",
       .type = number,
       .initial = "(the engine's usual one)",
       .min = 1,
       .max = 65535,
       .meaning = "the port, beside host",
       .example = "3307",
       .set = set_part<&D::port>},
      {.path = "credentials.DB.socket",
       .type = path,
       .initial = "(none)",
       .meaning = "a unix socket instead of an address",
       .example = "/run/mysqld/mysqld.sock",
       .check = check_not_empty,
       .set = set_part<&D::socket>},
      {.path = "credentials.DB.username",
       .type = text,
       .initial = "(required, but not by SQLite)",
       .meaning = "user of the database",
       .example = "stalewatch",
       .check = check_not_empty,
       .set = set_part<&D::username>},
      {.path = "credentials.DB.password",
       .type = secret,
       .initial = "(none)",
       .meaning = "password of the user",
       .example = "\"${DB_PASSWORD:-none}\"",
       .set = set_part<&D::password>},
      {.path = "credentials.DB.db",
       .type = text,
       .initial = "(required; for SQLite a file in the state directory)",
       .meaning = "name of the database; for SQLite the path of its file",
       .example = "stalewatch",
       .check = check_not_empty,
       .set = set_part<&D::database>},
      {.path = "credentials.DB.table",
       .type = text,
       .initial = "stalewatch_updates",
       .meaning =
           "table of the updates; `<table>_events` and `<table>_readable` are made beside it",
       .example = "example_table",
       .check = check_table,
       .set = set_part<&D::table>},
  };
  return keys;
}

/// SQLite is a file: it has no address and nobody to log in.
void warn_of_ignored(ConfigWalk& walk) {
  for (const std::string key : {"address", "host", "port", "socket", "username", "password"}) {
    const std::string path = "credentials.DB." + key;
    if (const auto found = walk.marks.find(path); found != walk.marks.end())
      walk.warn(found->second, path, "is ignored: SQLite has no use for it");
  }
}

void finish(ConfigWalk& walk) {
  Config& config = walk.draft.config;
  const std::string sqlite_file = walk.in_state_directory("rows.sqlite");
  config.database.database = sqlite_file;
  config.database_configured = walk.has("credentials.DB");
  if (!config.database_configured) return;
  auto database = database_from(walk.draft.parts.edit<DatabaseDraft>(), sqlite_file);
  if (database) {
    config.database = std::move(*database);
    if (config.database.engine == DatabaseConfig::Engine::sqlite) warn_of_ignored(walk);
    return;
  }
  // what is missing may be missing only here, or have its own error already
  if (walk.incomplete.count("credentials.DB") != 0 || walk.told("credentials.DB.")) return;
  const std::string& message = database.error();
  const std::size_t colon = message.find(": ");
  const std::string key = message.substr(0, colon);
  walk.error(walk.mark_of("credentials.DB", key), "credentials.DB." + key,
             message.substr(colon + 2));
}

std::string summary(const Config& config) {
  const DatabaseConfig& database = config.database;
  if (database.engine == DatabaseConfig::Engine::sqlite)
    return "SQLite file " + escape_untrusted(absolute_path(database.database)) + ", table " +
           database.table +
           (config.database_configured ? "" : " (no credentials.DB: the embedded default)");
  const std::string where =
      !database.socket.empty()
          ? database.socket
          : database.host + (database.port == 0 ? "" : ":" + std::to_string(database.port));
  return std::string(name_of(database.engine)) + " at " + escape_untrusted(where) + ", database " +
         escape_untrusted(database.database) + ", table " + database.table + ", user " +
         escape_untrusted(database.username) +
         (database.password.empty() ? ", no password" : ", password ***");
}

}  // namespace

const ConfigSection& database_section() {
  static const ConfigSection section{.path = "credentials.DB",
                                     .needed_by = ConfigUser::recorder,
                                     .keys = section_keys(),
                                     .finish = finish,
                                     .summary_line = SummaryLine::rows,
                                     .summary = summary};
  return section;
}

}  // namespace stalewatch
