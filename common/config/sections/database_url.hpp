#pragma once

// Where a database is, as SQLAlchemy writes it. Nothing of a URL is passed over.

#include "common/base/result.hpp"
#include "common/config/sections/database.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace stalewatch {

/// "mysql", "mysql+mysqlconnector", "postgres", "sqlite:///rows.db" ...; the driver and what
/// follows do not matter.
std::optional<DatabaseConfig::Engine> parse_engine(std::string_view text);
std::optional<DatabaseTls::Mode> parse_tls_mode(std::string_view text);

/// "127.0.0.1:3306", "db", "[::1]:5432", "/run/mysqld/mysqld.sock", PostgreSQL's
/// "/run/postgresql:5433". What is wrong with it, without quoting it; empty when nothing is.
std::string split_address(std::string_view address, DatabaseConfig& database);

/// Why the client libraries would take `host` for something else than one host; empty when not.
std::string wrong_host(std::string_view host);

/// Why SQLite would not open `path` as the file that it names; empty when it would.
std::string no_file(const std::string& path);

/// engine[+driver]://user:password@host:port/db?unix_socket=/path. `sqlite_file`: where rows go
/// when no file is named. The error's text begins with "url: " and quotes no value.
Result<DatabaseConfig> database_from_url(std::string_view url, const std::string& sqlite_file);

}  // namespace stalewatch
