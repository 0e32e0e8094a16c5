#include "common/process/sqlite_session.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cstdint>

namespace stalewatch {

bool has_moved(soci::session& sql) {
  auto* const backend = static_cast<soci::sqlite3_session_backend*>(sql.get_backend());
  int moved = 0;
  return sqlite_api::sqlite3_file_control(backend->conn_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
             SQLITE_OK &&
         moved != 0;
}

SqliteFiles begin_log(soci::session& sql, const std::string& file) {
  std::string mode;
  std::int64_t version = 0;
  sql << "PRAGMA journal_mode = WAL", soci::into(mode);
  sql << "PRAGMA user_version", soci::into(version);  // the log is there once something is read
  const auto found = find_sqlite_files(file);
  return has_moved(sql) ? SqliteFiles{} : mark_as_belonging(file, found);
}

}  // namespace stalewatch
