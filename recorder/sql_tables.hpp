#pragma once

// The recorder's tables in a database: made when they are not there, refused when they are not as
// they must be.

#include "recorder/dialect.hpp"

#include <soci/soci.h>

namespace stalewatch::recorder {

/// Throws NotSetUp with what to do, and soci::soci_error. What the recorder did not make is never
/// changed.
void make_or_check_tables(soci::session& session, Engine engine, const TableNames& names);

}  // namespace stalewatch::recorder
