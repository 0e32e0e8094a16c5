#pragma once

// Where the database engines differ: SQL as text. Pure. Error numbers: trouble.hpp.

#include "common/config/config.hpp"
#include "recorder/rows.hpp"

#include <span>
#include <string>
#include <vector>

namespace stalewatch::recorder {

using Engine = DatabaseConfig::Engine;

/// Version of the tables; docs/tables.md tells the history.
inline constexpr std::int64_t schema_version = 1;

/// The recorder's tables, all named after the configured one.
struct TableNames {
  explicit TableNames(const std::string& table);
  std::string updates, events, meta, readable;
};

bool is_mysql(Engine engine);  ///< or MariaDB
/// What a session must have, whatever its server, an administrator or a pooler made the default.
struct SessionValue {
  const char* name;
  const char* value;
};
std::span<const SessionValue> session_values(Engine engine);
/// Statements that give a new session these values, apart from PostgreSQL's and MySQL's character
/// set; none of them returns anything.
std::vector<std::string> session_settings(Engine engine);
/// Rows of name and value; not every server has every one.
std::string select_session_values(Engine engine);

/// Begins a transaction. PostgreSQL's brings the session's values along: behind a pooler another
/// server's session may be ours for each transaction.
std::string begin(Engine engine);
/// Whether tables are made in a transaction, too.
bool makes_tables_in_transaction(Engine engine);

/// One row per column of the table or view :t in the current database; none when it does not exist.
std::string select_columns(Engine engine);
/// One row with the character set of the database's texts; empty where each column has its own.
std::string select_database_encoding(Engine engine);
/// Rows of column and character set of the table :t; empty where the database has one for all.
std::string select_column_encodings(Engine engine);
bool holds_every_character(const std::string& encoding);
/// One row with the storage engine of the table :t when it has no transactions; empty where all
/// tables have them.
std::string select_engine_without_transactions(Engine engine);
/// A row when the table :t has a unique index over journal_id and seq and nothing else.
std::string select_key(Engine engine);
/// For people: gives it one.
std::string create_key(Engine engine, const std::string& table);
/// For people: gives a table's texts a character set that holds every character.
std::string widen_table(Engine engine, const std::string& table);
std::string create_updates(Engine engine, const TableNames& names);
/// For queries by server. `prefix`: of the names only as many characters are in the index as the
/// most restricted tables of MySQL take.
std::string create_updates_index(Engine engine, const TableNames& names, bool prefix = false);
/// A row when the table :t has the index :i.
std::string select_index(Engine engine);
std::string updates_index(const TableNames& names);
std::string create_events(Engine engine, const TableNames& names);
std::string create_meta(Engine engine, const TableNames& names);
/// Times as text, UTC, "2026-11-22 10:02:03.500000".
std::string create_readable(Engine engine, const TableNames& names);

/// A multi-row INSERT with positional parameters. PostgreSQL and SQLite leave rows with the same
/// journal_id and seq as they are; MySQL refuses all rows when one is there.
std::string insert_rows(Engine engine, const std::string& table, std::span<const Column> columns,
                        std::size_t rows);
/// The bytes that the row of an event takes of an INSERT where values are part of the statement,
/// and those that no row exceeds. For MySQL.
std::size_t row_bytes(std::span<const Column> columns, const Event& event);
std::size_t longest_row(std::span<const Column> columns);
/// Which of these numbers are stored for the journal :j, which is :k too: compared bytewise,
/// whatever the column's collation takes for the same.
std::string select_stored(Engine engine, const std::string& table,
                          std::span<const std::int64_t> numbers);
/// The same of what is committed now, and stays until the transaction ends. For MySQL.
std::string select_stored_and_lock(Engine engine, const std::string& table,
                                   std::span<const std::int64_t> numbers);
/// Which numbers behind `after` up to `last` are stored for the same journal, the first of them.
std::string select_held(Engine engine, const std::string& table, std::int64_t after,
                        std::int64_t last, std::size_t limit);
std::string quoted(Engine engine, const std::string& identifier);

}  // namespace stalewatch::recorder
