#include "recorder/sql_session.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>

namespace stalewatch::recorder {

std::unique_ptr<soci::session> open_session(const DatabaseConfig& config) {
  if (config.engine == Engine::sqlite) {
    const auto directory = std::filesystem::path(config.database).parent_path();
    if (!directory.empty()) std::filesystem::create_directories(directory);
  }
  auto session = std::make_unique<soci::session>(backend_of(config.engine), connect_string(config));
  if (config.engine == Engine::sqlite) {
    std::string mode;
    *session << "PRAGMA journal_mode=WAL", soci::into(mode);
  }
  for (const std::string& setting : session_settings(config.engine)) *session << setting;
  return session;
}

bool has_moved(soci::session& session, Engine engine) {
  if (engine != Engine::sqlite) return false;
  auto* const backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
  int moved = 0;
  return sqlite_api::sqlite3_file_control(backend->conn_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
             SQLITE_OK &&
         moved != 0;
}

}  // namespace stalewatch::recorder
