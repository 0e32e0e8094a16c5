#pragma once

// The recorder's tables in a database: made when they are not there, refused when they are not as
// they must be.

#include "recorder/dialect.hpp"

#include <soci/soci.h>

#include <set>
#include <string>

namespace stalewatch::recorder {

/// Throws NotSetUp with what to do, and soci::soci_error. What the recorder did not make is never
/// changed. `told`: what is missing and hinders nothing, and was told already.
void make_or_check_tables(soci::session& session, Engine engine, const TableNames& names,
                          std::set<std::string>& told);

}  // namespace stalewatch::recorder
