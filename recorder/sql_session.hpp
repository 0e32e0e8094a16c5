#pragma once

// A connection to the database, and what is asked before anything is written to it.

#include "recorder/dialect.hpp"

#include <soci/soci.h>

#include <memory>

namespace stalewatch::recorder {

/// Connects, and gives the session the values that it must have. Throws soci::soci_error, and
/// std::filesystem::filesystem_error when an SQLite file's folder cannot be made. `is_refused`: by
/// the last attempt a server did not let us in, and now.
std::unique_ptr<soci::session> open_session(const DatabaseConfig& config, bool& is_refused);

/// Throws NotSetUp when the session has not got these values. PostgreSQL's has them in a
/// transaction.
void check_session(soci::session& session, Engine engine);

/// The bytes of the longest statement that the server reads; it hangs up on a longer one.
std::size_t longest_statement(soci::session& session, Engine engine);

}  // namespace stalewatch::recorder
