#include "recorder/connect_string.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace stalewatch::recorder {
namespace {

constexpr std::size_t longest_table =
    50;  // PostgreSQL cuts identifiers at 63 bytes, "_by_server" included

/// Where Debian has them; libpq 15 knows no other way to say so, and without a file MariaDB's
/// library (from 3.4 on) believes any server that knows the password.
constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";

std::string authorities_of(const DatabaseTls& tls) {
  return tls.ca_file.empty() ? system_authorities : tls.ca_file;
}

/// 'value' as SOCI's MySQL backend reads it.
std::string option(const char* name, const std::string& value) {
  std::string result = std::string(" ") + name + "='";
  for (const char c : value) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

/// SOCI knows none of what makes TLS certain. A host with a semicolon is read by MariaDB's client
/// library itself, as a connection string.
std::string mysql_place(const std::string& host, const DatabaseTls& tls) {
  if (!tls.is_required()) return host;
  const auto braced = [](const std::string& path) {
    std::string text = "{";
    for (const char c : path) text += c == '}' ? std::string("}}") : std::string(1, c);
    return text + "}";
  };
  std::string text = "host=" + braced(host) +
                     ";ssl-enforce=1;ssl-verify-server-cert=" + (tls.verifies() ? "1" : "0");
  if (tls.verifies()) text += ";ssl-ca=" + braced(authorities_of(tls));
  if (!tls.cert_file.empty()) text += ";ssl-cert=" + braced(tls.cert_file);
  if (!tls.key_file.empty()) text += ";ssl-key=" + braced(tls.key_file);
  return text;
}

std::string connect_mysql(const DatabaseConfig& config) {
  std::string options = "charset=utf8mb4 connect_timeout=3 read_timeout=10 write_timeout=10";
  if (!config.socket.empty()) {
    options += option("unix_socket", config.socket);
  } else {
    // A name that says "localhost" would mean the unix socket to the client library.
    const std::string host =
        config.host.empty() || config.host == "localhost" ? "127.0.0.1" : config.host;
    options += option("host", mysql_place(host, config.tls));
    if (config.port != 0) options += " port=" + std::to_string(config.port);
  }
  options += option("db", config.database) + option("user", config.username);
  if (!config.password.empty()) options += option("password", config.password.reveal());
  return options;
}

/// A URI: SOCI's PostgreSQL backend tears the other form of connect strings apart at spaces, quoted
/// or not.
std::string connect_postgresql(const DatabaseConfig& config) {
  std::string uri = "postgresql:///?application_name=stalewatch-recorder";
  const auto add = [&](const char* name, const std::string& value) {
    uri += std::string("&") + name + "=";
    for (const unsigned char c : value) {
      constexpr const char* digits = "0123456789ABCDEF";
      if (std::isalnum(c))
        uri += static_cast<char>(c);
      else
        uri += {'%', digits[c >> 4], digits[c & 15]};
    }
  };
  const std::string& host = config.socket.empty() ? config.host : config.socket;
  add("host", host.empty() ? "127.0.0.1" : host);
  if (config.port != 0) add("port", std::to_string(config.port));
  add("dbname", config.database);
  add("user", config.username);
  if (!config.password.empty()) add("password", config.password.reveal());
  add("client_encoding", "UTF8");
  if (config.tls.mode != DatabaseTls::Mode::automatic) add("sslmode", name_of(config.tls.mode));
  if (config.tls.verifies()) add("sslrootcert", authorities_of(config.tls));
  if (!config.tls.cert_file.empty()) add("sslcert", config.tls.cert_file);
  if (!config.tls.key_file.empty()) add("sslkey", config.tls.key_file);
  add("connect_timeout", "3");
  add("keepalives_idle", "10");
  add("keepalives_interval", "5");
  add("keepalives_count", "3");
  add("tcp_user_timeout", "10000");
  return uri;
}

}  // namespace

const char* backend_of(Engine engine) {
  if (engine == Engine::sqlite) return "sqlite3";
  return engine == Engine::postgresql ? "postgresql" : "mysql";
}

std::string tls_hint(const DatabaseConfig& config, const std::string& code,
                     const std::string& message) {
  if (config.tls.is_required() || !config.socket.empty()) return "";
  const bool mysql = is_mysql(config.engine);
  // MariaDB says no more than "access denied" to who comes without TLS.
  if (mysql && code == "1045")
    return "; if user and password are right, the server demands TLS: write "
           "credentials.DB.tls.mode: verify-full or require";
  const std::string demands =
      "the server demands TLS: write credentials.DB.tls.mode: verify-full or require";
  // Who may do without TLS tries it first: then "no encryption" is said of the second attempt.
  const auto says = [&](const char* words) { return message.find(words) != std::string::npos; };
  if (mysql ? code == "3159" : says("no encryption") && !says("authentication failed"))
    return "; " + demands;
  // The same in another language, or another rule that lets nobody in.
  if (!mysql && code == "28000" && config.tls.mode == DatabaseTls::Mode::disable)
    return "; if user, database and this host are let in at all, " + demands;
  return "";
}

std::string describe(const DatabaseConfig& config) {
  constexpr std::array names{"sqlite", "mysql", "mariadb", "postgresql"};
  std::string text = std::string("engine=") + names.at(static_cast<std::size_t>(config.engine));
  if (config.engine == Engine::sqlite) {
    text += " file=" + config.database;
  } else {
    text += " host=" + (config.socket.empty() ? config.host : config.socket);
    if (config.port != 0) text += ":" + std::to_string(config.port);
    text += " db=" + config.database + " user=" + config.username;
  }
  return escape_untrusted(text + " table=" + config.table, 500);
}

std::string unusable(const DatabaseConfig& config) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '$';
  };
  if (config.table.empty() || config.table.size() > longest_table ||
      !std::all_of(config.table.begin(), config.table.end(), plain))
    return "the table's name may have letters, digits, _, - and $, and at most " +
           std::to_string(longest_table) + " of them";
  if (config.engine == Engine::sqlite && config.database.find('"') != std::string::npos)
    return "the file's name may not contain a double quote";
  return {};
}

std::string connect_string(const DatabaseConfig& config) {
  switch (config.engine) {
    case Engine::sqlite:
      return "dbname=\"" + config.database + "\" timeout=5";
    case Engine::mysql:
    case Engine::mariadb:
      return connect_mysql(config);
    case Engine::postgresql:
      return connect_postgresql(config);
  }
  return {};
}

}  // namespace stalewatch::recorder
