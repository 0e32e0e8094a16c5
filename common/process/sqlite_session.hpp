#pragma once

// What our SQLite files need of a session beyond what SOCI does.

#include "common/process/sqlite_leftovers.hpp"

#include <string>

namespace soci {
class session;
}

namespace stalewatch {

/// Whether the path of the file that is open does not name it any more: what is written into it
/// would be read by nobody.
bool has_moved(soci::session& sql);

/// Directly after the file was opened, and before anything is written: has it use a write-ahead
/// log, where the filesystem lets it, and marks that as belonging to it. What of it is to be
/// remembered until the file is opened again, for put_leftovers_aside(). Nothing is marked when the
/// file has moved: what lies beside its path may be another one's.
SqliteFiles begin_log(soci::session& sql, const std::string& file);

}  // namespace stalewatch
