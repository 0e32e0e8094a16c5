#include "common/config/sections/database_url.hpp"

#include "common/base/ascii.hpp"
#include "common/base/text.hpp"
#include "common/config/values.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <span>
#include <utility>

namespace stalewatch {
namespace {

using Engine = DatabaseConfig::Engine;
using Mode = DatabaseTls::Mode;

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

/// As MySQL's own programs write it; what its client library cannot keep to is left out.
std::optional<Mode> parse_mysql_mode(const std::string& text) {
  constexpr std::pair<std::string_view, Mode> names[] = {{"disabled", Mode::disable},
                                                         {"required", Mode::require},
                                                         {"verify_identity", Mode::verify_full}};
  const std::string lower = to_lower(text);
  for (const auto& [name, mode] : names)
    if (lower == name) return mode;
  return std::nullopt;
}

/// What may stand behind the "?", and where it goes; false when the value will not do.
struct UrlParameter {
  std::string_view name;
  bool (*set)(DatabaseConfig&, const std::string& value);
  const char* values;  ///< for people
};

bool set_mode(DatabaseConfig& database, std::optional<Mode> mode) {
  if (mode) database.tls.mode = *mode;
  return mode.has_value();
}

bool set_port(DatabaseConfig& database, std::optional<std::uint16_t> port) {
  if (!port || database.port != 0) return false;
  database.port = *port;
  return true;
}

/// Where no other one stands, and no port that it would take the place of.
bool set_host(DatabaseConfig& database, const std::string& value) {
  DatabaseConfig place;
  place.engine = database.engine;
  if (!database.host.empty() || !database.socket.empty()) return false;
  if (!split_address(value, place).empty()) return false;
  database.host = place.host;
  database.socket = place.socket;
  return place.port == 0 || set_port(database, place.port);
}

std::span<const UrlParameter> parameters_of(Engine engine) {
  using D = DatabaseConfig;
  using S = const std::string;
  static constexpr const char* pem = "the path of a PEM file";
  static constexpr UrlParameter mysql[] = {
      {"unix_socket", [](D& d, S& value) { return !(d.socket = value).empty(); },
       "the path of the server's socket"},
      {"ssl_mode", [](D& d, S& value) { return set_mode(d, parse_mysql_mode(value)); },
       "DISABLED, REQUIRED or VERIFY_IDENTITY"},
      {"ssl_ca", [](D& d, S& value) { return !(d.tls.ca_file = value).empty(); }, pem},
      {"ssl_cert", [](D& d, S& value) { return !(d.tls.cert_file = value).empty(); }, pem},
      {"ssl_key", [](D& d, S& value) { return !(d.tls.key_file = value).empty(); }, pem},
      {"charset", [](D&, S& value) { return to_lower(value) == "utf8mb4"; },
       "utf8mb4, which it is anyhow"},
  };
  static constexpr UrlParameter postgresql[] = {
      {"host", set_host,
       "one host, host:port or a socket's folder, and only where none stands before the database"},
      {"port", [](D& d, S& value) { return set_port(d, parse_port(value)); }, "1 to 65535, once"},
      {"sslmode", [](D& d, S& value) { return set_mode(d, parse_tls_mode(value)); },
       "disable, prefer, require, verify-ca or verify-full"},
      {"sslrootcert", [](D& d, S& value) { return !(d.tls.ca_file = value).empty(); },
       "the path of a PEM file, or system"},
      {"sslcert", [](D& d, S& value) { return !(d.tls.cert_file = value).empty(); }, pem},
      {"sslkey", [](D& d, S& value) { return !(d.tls.key_file = value).empty(); }, pem},
  };
  if (engine == Engine::sqlite) return {};
  if (engine == Engine::postgresql) return postgresql;
  return mysql;
}

std::string names_of(std::span<const UrlParameter> parameters) {
  if (parameters.empty()) return "this engine has none";
  std::string names;
  for (const UrlParameter& one : parameters)
    names += (names.empty() ? "known are " : ", ") + std::string(one.name);
  return names;
}

/// Empty when each parameter of the query is known and taken.
std::string take_query(std::string_view query, DatabaseConfig& database) {
  const auto known = parameters_of(database.engine);
  std::set<std::string, std::less<>> seen;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;  // "&&" and "&" at either end say nothing
    const std::size_t equals = std::min(pair.size(), pair.find('='));
    const std::string name = percent_decode(pair.substr(0, equals));
    const std::string value = percent_decode(pair.substr(std::min(pair.size(), equals + 1)));
    const std::string shown = "url: its parameter " + escape_untrusted(name, 64);
    if (name.empty()) return "url: has a parameter without a name; " + names_of(known);
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const UrlParameter& p) { return p.name == name; });
    if (found == known.end()) return shown + " means nothing here; " + names_of(known);
    if (!seen.insert(name).second) return shown + " is given twice; write it once";
    if (has_control(value) || !found->set(database, value))
      return shown + " has a value that will not do; write " + found->values;
  }
  return "";
}

constexpr const char* write_encoded =
    "where user or password have one of : / ? # @ %, write them as %3A %2F %3F %23 %40 %25";

/// SQLite: "sqlite:///relative.db", "sqlite:////absolute.db", "sqlite://" (the default file).
Result<DatabaseConfig> sqlite_from_url(std::string_view rest, const std::string& sqlite_file) {
  DatabaseConfig database;
  const std::size_t query = std::min(rest.size(), rest.find('?'));
  std::string path = percent_decode(rest.substr(0, query));
  if (!path.empty() && path[0] != '/') return Error{"url: needs three slashes: sqlite:///file.db"};
  if (!path.empty()) path.erase(0, 1);
  if (has_control(path)) return Error{"url: contains a line break or another control character"};
  if (const auto why = no_file(path); !why.empty()) return Error{"url: " + why};
  if (query < rest.size())
    if (auto why = take_query(rest.substr(query + 1), database); !why.empty())
      return Error{std::move(why)};
  database.database = path.empty() ? sqlite_file : path;
  return database;
}

void take_user(std::string_view user, DatabaseConfig& database) {
  const std::size_t colon = user.find(':');
  database.username = percent_decode(user.substr(0, colon));
  if (colon != std::string_view::npos)
    database.password = Secret(percent_decode(user.substr(colon + 1)));
}

}  // namespace

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

const char* name_of(Mode mode) {
  constexpr const char* names[] = {"automatic", "disable",   "prefer",
                                   "require",   "verify-ca", "verify-full"};
  return names[static_cast<std::size_t>(mode)];
}

std::optional<Mode> parse_tls_mode(std::string_view text) {
  for (const Mode mode :
       {Mode::disable, Mode::prefer, Mode::require, Mode::verify_ca, Mode::verify_full})
    if (text == name_of(mode)) return mode;
  return std::nullopt;
}

std::string wrong_host(std::string_view host) {
  if (host.find(',') != std::string_view::npos)
    return "names several hosts; write the one that takes rows, or a name that follows it";
  const bool ipv6 = std::count(host.begin(), host.end(), ':') > 1;
  const std::string_view address = host.substr(0, ipv6 ? host.find('%') : host.size());
  const bool fits = std::all_of(address.begin(), address.end(), [&](char c) {
    if (ipv6) return is_hex_digit(c) || c == ':' || c == '.';
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
  return fits ? "" : "is no host name; write it alone, like db.example or 127.0.0.1";
}

std::string split_address(std::string_view address, DatabaseConfig& database) {
  const bool is_path = address.starts_with('/');
  if (!is_path && address.find(',') != std::string_view::npos) return wrong_host(address);
  const std::size_t bracket = address.rfind(']');
  const std::size_t colon = address.rfind(':');
  const bool only_host =
      colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket);
  const auto port = only_host ? std::nullopt : parse_port(address.substr(colon + 1));
  if (is_path) {
    if (port && database.engine != Engine::postgresql)
      return "has a port behind a socket; leave it out";
    database.port = port.value_or(0);
    database.socket = port ? address.substr(0, colon) : address;
    return "";
  }
  if (!only_host && !port) return "has a wrong port; write host:port, like 127.0.0.1:3306";
  database.port = port.value_or(0);
  if (port) address = address.substr(0, colon);
  const bool in_brackets = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (!in_brackets && address.find(':') != std::string_view::npos)
    return "is no host and port; write host:port, and an IPv6 address as [::1]:3306";
  if (in_brackets) address = address.substr(1, address.size() - 2);
  database.host = address;
  return wrong_host(address);
}

std::string no_file(const std::string& path) {
  if (path == ":memory:") return "rows in memory would be gone at the end; name a file";
  if (path.starts_with("file:"))
    return "SQLite takes what begins with file: for a URI, which may say memory; write the path "
           "alone";
  return "";
}

Result<DatabaseConfig> database_from_url(std::string_view url, const std::string& sqlite_file) {
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
  // Whatever stands before it may be a piece of a password: nothing of it may become a part that
  // is shown.
  if (rest.find('@') != std::string_view::npos)
    return Error{std::string("url: has an @ behind a / or ?, where it is written %40; ") +
                 write_encoded};
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    take_user(authority.substr(0, at), database);
    authority.remove_prefix(at + 1);
  }
  if (const auto why = split_address(percent_decode(authority), database); !why.empty())
    return Error{"url: its host " + why + "; " + write_encoded};
  const std::size_t query = rest.find('?');
  if (!rest.empty() && rest[0] == '/')
    database.database = percent_decode(rest.substr(1, query - 1));
  if (query != std::string_view::npos)
    if (auto why = take_query(rest.substr(query + 1), database); !why.empty())
      return Error{std::move(why)};
  if (database.host.empty() && database.socket.empty())
    return Error{
        "url: names neither host nor socket; write it like mysql://user:password@host:3306/db"};
  if (database.database.empty())
    return Error{"url: names no database; write it like mysql://user:password@host:3306/db"};
  for (const std::string& text : {database.username, database.password.reveal(), database.host,
                                  database.socket, database.database})
    if (has_control(text)) return Error{"url: contains a line break or another control character"};
  return database;
}

}  // namespace stalewatch
