#pragma once

#include "common/config/config.hpp"
#include "recorder/event_store.hpp"

#include <memory>

namespace stalewatch::recorder {

/// The tables in SQLite, MySQL, MariaDB or PostgreSQL, through SOCI. Connects only in open(); one
/// thread.
std::unique_ptr<EventStore> make_sql_event_store(const DatabaseConfig& config);

}  // namespace stalewatch::recorder
