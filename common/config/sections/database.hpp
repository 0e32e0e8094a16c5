#pragma once

#include "common/config/secret.hpp"

#include <cstdint>
#include <string>

namespace stalewatch {

/// credentials.DB
struct DatabaseConfig {
  enum class Engine { sqlite, mysql, mariadb, postgresql };
  Engine engine = Engine::sqlite;
  std::string host;
  std::uint16_t port = 0;  ///< 0: the engine's usual one
  std::string socket;      ///< path of a unix socket instead of host and port
  std::string username;
  Secret password;
  std::string database;  ///< name; for SQLite the file's path
  std::string table = "stalewatch_updates";

  bool operator==(const DatabaseConfig&) const = default;
};

}  // namespace stalewatch
