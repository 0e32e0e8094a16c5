#pragma once

#include "common/config/secret.hpp"

#include <cstdint>
#include <string>

namespace stalewatch {

/// credentials.DB.tls
struct DatabaseTls {
  enum class Mode {
    automatic,    ///< the client library's own: PostgreSQL's prefers TLS, MySQL's does without
    disable,      ///< never
    prefer,       ///< if the server has it; PostgreSQL only
    require,      ///< always, whoever the server is
    verify_ca,    ///< and its certificate is signed by an authority that we know; PostgreSQL only
    verify_full,  ///< and it is that host's
  };
  Mode mode = Mode::automatic;
  std::string ca_file;  ///< empty: the system's authorities
  std::string cert_file, key_file;

  bool is_required() const { return mode >= Mode::require; }
  bool verifies() const { return mode >= Mode::verify_ca; }
  bool operator==(const DatabaseTls&) const = default;
};

/// credentials.DB
struct DatabaseConfig {
  enum class Engine { sqlite, mysql, mariadb, postgresql };
  Engine engine = Engine::sqlite;
  std::string host;
  std::uint16_t port = 0;  ///< 0: the engine's usual one
  std::string socket;      ///< path of a unix socket instead of host; PostgreSQL's is a folder
  std::string username;
  Secret password;
  std::string database;  ///< name; for SQLite the file's path
  std::string table = "stalewatch_updates";
  DatabaseTls tls = {};

  bool operator==(const DatabaseConfig&) const = default;
};

/// As the configuration writes it: "verify-full"; "automatic" is not written.
const char* name_of(DatabaseTls::Mode mode);

}  // namespace stalewatch
