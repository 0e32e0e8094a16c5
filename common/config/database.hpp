#pragma once

// credentials.DB: SQLAlchemy's engine names and URLs, put together to one DatabaseConfig. Pure.

#include "common/base/result.hpp"
#include "common/config/schema.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace stalewatch {

/// "mysql", "mysql+mysqlconnector", "postgres", "sqlite:///rows.db" ...; the driver and what
/// follows do not matter.
std::optional<DatabaseConfig::Engine> parse_engine(std::string_view text);

/// "sqlite", "mysql", "mariadb", "postgresql".
std::string_view name_of(DatabaseConfig::Engine engine);

/// The parts, or what is missing or contradicts, without quoting any of them. `sqlite_file`: where
/// rows go when no file is named. The error's path is relative to credentials.DB, before a ": "
/// ("db: is missing").
Result<DatabaseConfig> database_from(const DatabaseDraft& draft, const std::string& sqlite_file);

}  // namespace stalewatch
