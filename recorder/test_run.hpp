#pragma once

#include "common/config/config.hpp"

#include <iosfwd>

namespace stalewatch::recorder {

/// --test: opens the database as a start does, which makes tables that are not there yet, and says
/// how it answered. Takes up to some ten seconds when nobody answers. The exit code: 0 when rows
/// can be stored.
int test_database(const Config& config, std::ostream& out);

}  // namespace stalewatch::recorder
