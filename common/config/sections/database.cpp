// credentials.DB: where rows go. SQLAlchemy's engine names and URLs, put together to one
// DatabaseConfig.

#include "common/base/ascii.hpp"
#include "common/base/result.hpp"
#include "common/base/text.hpp"
#include "common/config/environment.hpp"
#include "common/config/sections/database_url.hpp"
#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"
#include "common/config/values.hpp"
#include "common/config/walk.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch {
namespace {

using Engine = DatabaseConfig::Engine;

/// What the file says, until it is put together.
struct DatabaseDraft {
  std::string url, engine, address, host, socket, username, password, database, table;
  std::string tls_mode, ca_file, cert_file, key_file;
  std::int64_t port = 0;

  bool operator==(const DatabaseDraft&) const = default;
};

/// `<table>_readable` has to fit PostgreSQL's 63 bytes.
constexpr std::size_t max_table = 50;

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
  if (const auto why = split_address(draft.address, database); !why.empty())
    return Error{"address: " + why};
  if (!draft.host.empty()) database.host = draft.host;
  if (draft.port != 0) database.port = static_cast<std::uint16_t>(draft.port);
  if (!draft.socket.empty()) database.socket = draft.socket;
  return database;
}

/// What was written as engine may be a URL, too; empty when there is none.
const std::string& url_of(const DatabaseDraft& draft) {
  return draft.engine.find("://") != std::string::npos ? draft.engine : draft.url;
}

bool has_parts(const DatabaseDraft& d) {
  return !(d.address.empty() && d.host.empty() && d.socket.empty() && d.database.empty() &&
           d.port == 0);
}

Result<DatabaseConfig> without_checks(const DatabaseDraft& draft, const std::string& sqlite_file) {
  if (!draft.url.empty() && !draft.engine.empty())
    return Error{"url: is given together with engine; write one of them"};
  const std::string& url = url_of(draft);
  if (url.empty() && draft.engine.empty())
    return Error{"engine: is missing; write engine: or url:"};
  if (url.empty()) return from_parts(draft, *parse_engine(draft.engine), sqlite_file);
  if (has_parts(draft))
    return Error{
        "url: is given together with parts of it (address, host, port, socket, db); write one of "
        "them"};
  return database_from_url(url, sqlite_file);
}

/// Where the file has them, they are the URL's.
void take_tls(const DatabaseDraft& draft, DatabaseTls& tls) {
  if (const auto mode = parse_tls_mode(draft.tls_mode)) tls.mode = *mode;
  if (!draft.ca_file.empty()) tls.ca_file = draft.ca_file;
  if (!draft.cert_file.empty()) tls.cert_file = draft.cert_file;
  if (!draft.key_file.empty()) tls.key_file = draft.key_file;
  if (tls.mode != DatabaseTls::Mode::automatic) return;
  if (!tls.ca_file.empty())
    tls.mode = DatabaseTls::Mode::verify_full;
  else if (!tls.cert_file.empty())
    tls.mode = DatabaseTls::Mode::require;
}

/// What of `tls` the engine's client library could not keep to; empty when nothing.
std::string wrong_tls(const DatabaseConfig& database) {
  const DatabaseTls& tls = database.tls;
  const bool has_mode = tls.mode != DatabaseTls::Mode::automatic;
  if (tls.cert_file.empty() != tls.key_file.empty())
    return tls.cert_file.empty() ? "tls.key_file: needs cert_file"
                                 : "tls.cert_file: needs key_file";
  if (!database.socket.empty() && has_mode && tls.mode != DatabaseTls::Mode::disable)
    return "tls.mode: a unix socket has no TLS, and needs none";
  if (!tls.ca_file.empty() && !tls.verifies())
    return "tls.ca_file: is of use only with mode verify-full or verify-ca";
  if (!tls.cert_file.empty() && !tls.is_required())
    return "tls.cert_file: is of use only with mode require, verify-ca or verify-full";
  if (database.engine == Engine::postgresql) return "";
  if (tls.mode == DatabaseTls::Mode::verify_ca)
    return "tls.mode: MySQL's client library checks the name in a certificate, too; write "
           "verify-full";
  if (tls.mode == DatabaseTls::Mode::prefer)
    return "tls.mode: prefer is PostgreSQL's; write require, verify-full or disable";
  return "";
}

std::string wrong_folder(const std::string& socket) {
  if (socket[0] != '/' || socket.find(',') != std::string::npos)
    return "socket: is no folder; write where PostgreSQL's lies, like /run/postgresql";
  const std::size_t name = socket.rfind('/') + 1;
  if (socket.compare(name, 9, ".s.PGSQL.") == 0)
    return "socket: is a file, and PostgreSQL's is named by its folder; write " +
           socket.substr(0, std::max<std::size_t>(1, name - 1)) +
           ", and as port what stands at the end";
  return "";
}

/// What the client libraries would take for something else, or pass over.
std::string wrong_place(const DatabaseConfig& database) {
  if (!database.host.empty() && !database.socket.empty())
    return "socket: is given together with a host; write one of them";
  if (const auto why = wrong_host(database.host); !why.empty()) return "host: " + why;
  if (database.socket.empty()) return "";
  if (database.engine == Engine::postgresql) return wrong_folder(database.socket);
  return database.port == 0 ? "" : "port: is of no use beside a socket; leave it out";
}

/// "socket: is ..." of what stands in a URL.
std::string of_url(const std::string& why) {
  const std::size_t colon = why.find(':');
  return "url: its " + why.substr(0, colon) + why.substr(colon + 1);
}

/// The parts, or what is missing or contradicts, without quoting any of them. `sqlite_file`: where
/// rows go when no file is named. The error's path is relative to credentials.DB, before a ": "
/// ("db: is missing").
Result<DatabaseConfig> database_from(const DatabaseDraft& draft, const std::string& sqlite_file) {
  auto database = without_checks(draft, sqlite_file);
  if (!database) return database;
  if (!draft.username.empty() && !database->username.empty())
    return Error{"username: is given together with a user in the URL; remove one"};
  if (!draft.password.empty() && !database->password.empty())
    return Error{"password: is given together with a password in the URL; remove one"};
  if (!draft.username.empty()) database->username = draft.username;
  if (!draft.password.empty()) database->password = Secret(draft.password);
  if (!draft.table.empty()) database->table = draft.table;
  if (database->engine == Engine::sqlite) return database;
  take_tls(draft, database->tls);
  if (database->host.empty() && database->socket.empty())
    return Error{"address: is missing; write host:port, like 127.0.0.1:3306, or socket:"};
  if (database->database.empty()) return Error{"db: is missing; write the database's name"};
  if (database->username.empty()) return Error{"username: is missing"};
  if (const auto why = wrong_place(*database); !why.empty())
    return Error{url_of(draft).empty() ? why : of_url(why)};
  if (auto why = wrong_tls(*database); !why.empty()) return Error{std::move(why)};
  // From version 16 on libpq means by it what counts here without a file.
  if (database->engine == Engine::postgresql && database->tls.ca_file == "system")
    database->tls.ca_file.clear();
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
       .meaning = "a unix socket instead of an address; PostgreSQL's is named by its folder",
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
      {.path = "credentials.DB.tls.mode",
       .type = choice,
       .initial = "(verify-full with a ca_file; else PostgreSQL: prefer, MySQL: disable)",
       .choices = "disable|prefer|require|verify-ca|verify-full",
       .meaning = "`require`: encrypted, whoever the server is; `verify-full`: and its certificate "
                  "is that host's; `verify-ca` and `prefer` are PostgreSQL's",
       .example = "verify-full",
       .set = set_part<&D::tls_mode>},
      {.path = "credentials.DB.tls.ca_file",
       .type = path,
       .initial = "(the system's authorities)",
       .meaning = "PEM file with the authorities that may have signed the server's certificate",
       .example = "/etc/stalewatch/ca.pem",
       .check = check_not_empty,
       .set = set_part<&D::ca_file>},
      {.path = "credentials.DB.tls.cert_file",
       .type = path,
       .initial = "(none)",
       .meaning = "PEM file with our own certificate, for servers that ask for one; needs key_file",
       .example = "/etc/stalewatch/client.pem",
       .check = check_not_empty,
       .set = set_part<&D::cert_file>},
      {.path = "credentials.DB.tls.key_file",
       .type = path,
       .initial = "(none)",
       .meaning = "PEM file with its key; needs cert_file",
       .example = "/etc/stalewatch/client.key",
       .check = check_not_empty,
       .set = set_part<&D::key_file>},
  };
  return keys;
}

/// SQLite is a file: it has no address and nobody to log in.
void warn_of_ignored(ConfigWalk& walk) {
  for (const std::string key : {"address", "host", "port", "socket", "username", "password",
                                "tls.mode", "tls.ca_file", "tls.cert_file", "tls.key_file"}) {
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
  const std::string& host = database.host;
  std::string where = !database.socket.empty() ? database.socket : host;
  if (host.find(':') != std::string::npos) where = "[" + host + "]";
  if (database.port != 0) where += ":" + std::to_string(database.port);
  return std::string(name_of(database.engine)) + " at " + escape_untrusted(where) + ", database " +
         escape_untrusted(database.database) + ", table " + database.table + ", user " +
         escape_untrusted(database.username) +
         (database.password.empty() ? ", no password" : ", password ***") +
         (database.tls.mode == DatabaseTls::Mode::automatic
              ? ""
              : std::string(", TLS ") + name_of(database.tls.mode));
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
