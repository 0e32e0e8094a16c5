#include "recorder/dialect.hpp"

#include <algorithm>
#include <array>

namespace stalewatch::recorder {
namespace {

/// As literals of a statement, comma and quotes included.
constexpr std::size_t longest_number = 32;
constexpr std::size_t longest_journal_literal = 2 * 64 + 6;

const char* type_name(Engine engine, ColumnType type) {
  switch (type) {
    case ColumnType::number:
      return "BIGINT";
    case ColumnType::flag:
      return "SMALLINT";
    case ColumnType::seconds:
      return is_mysql(engine) ? "DOUBLE" : "DOUBLE PRECISION";
    case ColumnType::word:
      return "VARCHAR(255)";
    case ColumnType::text:
      return "TEXT";
  }
  return "";
}

std::string create_table(Engine engine, const std::string& table, std::span<const Column> columns) {
  std::string sql =
      "CREATE TABLE IF NOT EXISTS " + quoted(engine, table) + " (journal_id VARCHAR(64) NOT NULL";
  for (const Column& column : columns) {
    sql += ", " + std::string(column.name) + " " + type_name(engine, column.type);
    if (column.required) sql += " NOT NULL";
  }
  sql += ", PRIMARY KEY (journal_id, seq))";
  // The server's default may be latin1, and compare names without regard to case.
  if (is_mysql(engine)) sql += " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
  return sql;
}

/// A column of microseconds as text; right for times before 1970, too, of years 1 to 9999.
std::string instant_as_text(Engine engine, const std::string& column) {
  switch (engine) {
    case Engine::sqlite: {
      const std::string fraction = "((" + column + " % 1000000 + 1000000) % 1000000)";
      return "strftime('%Y-%m-%d %H:%M:%S', (" + column + " - " + fraction +
             ") / 1000000, 'unixepoch') || printf('.%06d', " + fraction + ")";
    }
    case Engine::mysql:
    case Engine::mariadb:
      return "DATE_FORMAT(TIMESTAMP'1970-01-01 00:00:00.000000' + INTERVAL " + column +
             " MICROSECOND, '%Y-%m-%d %H:%i:%s.%f')";
    case Engine::postgresql:
      // A number times an interval is reckoned in floating point: in two parts it is exact.
      return "to_char(timestamp '1970-01-01 00:00:00' + " + column +
             " / 1000000 * interval '1 second' + " + column +
             " % 1000000 * interval '1 microsecond', 'YYYY-MM-DD HH24:MI:SS.US')";
  }
  return "";
}

/// Nothing for years that the engines write otherwise, or as another year.
std::string time_as_text(Engine engine, const std::string& column) {
  return "CASE WHEN " + column + " BETWEEN -62135596800000000 AND 253402300799999999 THEN " +
         instant_as_text(engine, column) + " END";
}

/// MySQL's collations take several ids for the same.
std::string select_seqs(Engine engine, const std::string& table) {
  return "SELECT seq FROM " + quoted(engine, table) + " WHERE journal_id = :j AND " +
         (is_mysql(engine) ? "CAST(journal_id AS BINARY) = CAST(:k AS BINARY)" : "journal_id = :k");
}

}  // namespace

TableNames::TableNames(const std::string& table)
    : updates(table),
      events(table + "_events"),
      meta(table + "_meta"),
      readable(table + "_readable") {}

bool is_mysql(Engine engine) { return engine == Engine::mysql || engine == Engine::mariadb; }

std::span<const SessionValue> session_values(Engine engine) {
  static constexpr SessionValue sqlite[] = {{"synchronous", "2"}};  // FULL
  // In another character set than the client library escapes for, a text ends where it likes.
  static constexpr SessionValue mysql[] = {
      {"character_set_client", "utf8mb4"},
      {"character_set_connection", "utf8mb4"},
      {"character_set_results", "utf8mb4"},
      {"sql_mode", "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"},
      {"time_zone", "+00:00"},
      {"autocommit", "ON"},
      {"completion_type", "NO_CHAIN"},
      {"unique_checks", "ON"},
      {"sql_select_limit", "18446744073709551615"},  // none
      {"innodb_lock_wait_timeout", "5"},
      {"lock_wait_timeout", "5"},
      {"tx_isolation", "REPEATABLE-READ"},
      {"transaction_isolation", "REPEATABLE-READ"},  // the same by its newer name
  };
  static constexpr SessionValue postgresql[] = {
      {"client_encoding", "UTF8"},
      {"standard_conforming_strings", "on"},
      {"TimeZone", "UTC"},
      {"statement_timeout", "10000"},
      {"lock_timeout", "5000"},
      {"client_min_messages", "warning"},
      {"transaction_isolation", "read committed"},
  };
  if (engine == Engine::sqlite) return sqlite;
  if (engine == Engine::postgresql) return postgresql;
  return mysql;
}

std::vector<std::string> session_settings(Engine engine) {
  switch (engine) {
    case Engine::sqlite:
      return {"PRAGMA synchronous=FULL"};
    case Engine::mysql:
    case Engine::mariadb:
      return {
          "SET SESSION sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
          "SESSION time_zone='+00:00', SESSION autocommit=1, "
          "SESSION completion_type='NO_CHAIN', SESSION unique_checks=1, "
          "SESSION sql_select_limit=18446744073709551615, SESSION innodb_lock_wait_timeout=5, "
          "SESSION lock_wait_timeout=5",
          "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"};
    case Engine::postgresql:
      return {};  // begin() has them
  }
  return {};
}

std::string select_session_values(Engine engine) {
  if (engine == Engine::sqlite)
    return "SELECT 'synchronous', CAST(synchronous AS TEXT) FROM pragma_synchronous";
  std::string names;
  for (const SessionValue& wanted : session_values(engine))
    names += (names.empty() ? "'" : ", '") + std::string(wanted.name) + "'";
  return (engine == Engine::postgresql ? "SELECT name, setting FROM pg_settings WHERE name IN ("
                                       : "SHOW SESSION VARIABLES WHERE Variable_name IN (") +
         names + ")";
}

std::string begin(Engine engine) {
  // SQLite's plain BEGIN takes no lock yet, and the later upgrade fails at once instead of waiting.
  if (engine == Engine::sqlite) return "BEGIN IMMEDIATE";
  std::string sql = "BEGIN";
  if (engine != Engine::postgresql) return sql;
  sql += "; SET LOCAL search_path TO DEFAULT";  // the account's own
  for (const SessionValue& wanted : session_values(engine))
    sql += "; SET LOCAL " + std::string(wanted.name) + " TO '" + wanted.value + "'";
  // What is acknowledged is on disk; more than that (remote_apply) or less (local) of replicas is
  // the administrator's affair. A query, so behind what none may come before.
  return sql +
         "; SELECT set_config('synchronous_commit', 'on', true) "
         "WHERE current_setting('synchronous_commit') = 'off'";
}

bool makes_tables_in_transaction(Engine engine) { return engine == Engine::postgresql; }

std::string select_columns(Engine engine) {
  switch (engine) {
    case Engine::sqlite:
      return "SELECT name FROM pragma_table_info(:t)";
    case Engine::mysql:
    case Engine::mariadb:
      return "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
             "AND table_name = :t";
    case Engine::postgresql:
      // The standard's information_schema hides tables that this account has no right to.
      return "SELECT CAST(a.attname AS text) FROM pg_attribute a JOIN pg_class c ON c.oid = "
             "a.attrelid "
             "JOIN pg_namespace n ON n.oid = c.relnamespace "
             "WHERE n.nspname = current_schema() AND c.relname = :t AND a.attnum > 0 AND NOT "
             "a.attisdropped";
  }
  return {};
}

std::string select_database_encoding(Engine engine) {
  return engine == Engine::postgresql ? "SHOW server_encoding" : "";
}

std::string select_column_encodings(Engine engine) {
  return is_mysql(engine) ? "SELECT column_name, character_set_name FROM "
                            "information_schema.columns WHERE table_schema = DATABASE() AND "
                            "table_name = :t AND character_set_name IS NOT NULL"
                          : "";
}

bool holds_every_character(const std::string& encoding) {
  // SQL_ASCII takes bytes as they are.
  constexpr std::array all{"utf8mb4", "utf16", "utf16le", "utf32", "gb18030", "UTF8", "SQL_ASCII"};
  return std::find(all.begin(), all.end(), encoding) != all.end();
}

std::string select_engine_without_transactions(Engine engine) {
  return is_mysql(engine)
             ? "SELECT e.engine FROM information_schema.tables t JOIN information_schema.engines e "
               "ON e.engine = t.engine WHERE t.table_schema = DATABASE() AND t.table_name = :t AND "
               "e.transactions <> 'YES'"
             : "";
}

std::string select_key(Engine engine) {
  switch (engine) {
    case Engine::sqlite:
      return "SELECT 1 FROM pragma_index_list(:t) l WHERE l.\"unique\" = 1 AND l.partial = 0 AND "
             "(SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY "
             "name)) = 'journal_id,seq'";
    case Engine::mysql:
    case Engine::mariadb:
      return "SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND "
             "table_name = :t AND non_unique = 0 GROUP BY index_name HAVING GROUP_CONCAT("
             "column_name ORDER BY column_name) = 'journal_id,seq' AND COUNT(sub_part) = 0";
    case Engine::postgresql:
      return "SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n "
             "ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relname = :t AND "
             "i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND "
             "(SELECT string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_attribute a WHERE "
             "a.attrelid = c.oid AND a.attnum = ANY (CAST(i.indkey AS int2[]))) = "
             "'journal_id,seq'";
  }
  return {};
}

std::string create_key(Engine engine, const std::string& table) {
  return "CREATE UNIQUE INDEX " + quoted(engine, table + "_key") + " ON " + quoted(engine, table) +
         " (journal_id, seq)";
}

std::string widen_table(Engine engine, const std::string& table) {
  return "ALTER TABLE " + quoted(engine, table) +
         " CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
}

std::string create_updates(Engine engine, const TableNames& names) {
  return create_table(engine, names.updates, update_columns());
}

std::string updates_index(const TableNames& names) { return names.updates + "_by_server"; }

std::string select_index(Engine engine) {
  switch (engine) {
    case Engine::sqlite:
      return "SELECT 1 FROM pragma_index_list(:t) WHERE name = :i";
    case Engine::mysql:
    case Engine::mariadb:
      return "SELECT DISTINCT 1 FROM information_schema.statistics WHERE table_schema = "
             "DATABASE() AND table_name = :t AND index_name = :i";
    case Engine::postgresql:
      return "SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :t AND "
             "indexname = :i";
  }
  return {};
}

std::string create_updates_index(Engine engine, const TableNames& names, bool prefix) {
  // MySQL has no IF NOT EXISTS here; the caller makes the index only together with the table.
  return "CREATE INDEX " + quoted(engine, updates_index(names)) + " ON " +
         quoted(engine, names.updates) + " (server" + (prefix ? "(190)" : "") + ", observed_at_us)";
}

std::string create_events(Engine engine, const TableNames& names) {
  return create_table(engine, names.events, event_columns());
}

std::string create_meta(Engine engine, const TableNames& names) {
  std::string sql = "CREATE TABLE IF NOT EXISTS " + quoted(engine, names.meta) +
                    " (name VARCHAR(64) NOT NULL PRIMARY KEY, journal_id VARCHAR(64) NOT NULL, "
                    "number BIGINT NOT NULL)";
  if (is_mysql(engine)) sql += " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
  return sql;
}

std::string create_readable(Engine engine, const TableNames& names) {
  std::string sql = "CREATE VIEW " + quoted(engine, names.readable) + " AS SELECT server";
  for (const std::string column : {"computed_at", "previous_computed_at", "observed_at"})
    sql += ", " + time_as_text(engine, column + "_us") + " AS " + column;
  return sql + ", diff_seconds, lag_seconds, late, journal_id, seq FROM " +
         quoted(engine, names.updates);
}

std::string insert_rows(Engine engine, const std::string& table, std::span<const Column> columns,
                        std::size_t rows) {
  std::string sql = "INSERT INTO " + quoted(engine, table) + " (journal_id";
  for (const Column& column : columns) sql += ", " + std::string(column.name);
  sql += ") VALUES ";
  std::size_t parameter = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    sql += row == 0 ? "(" : ", (";
    for (std::size_t i = 0; i <= columns.size(); ++i) {
      if (i > 0) sql += ", ";
      // SQLite looks each name up in a list of all: without names that is not quadratic.
      sql += engine == Engine::sqlite ? "?" : ":p" + std::to_string(parameter++);
    }
    sql += ")";
  }
  // MySQL can only pass over rows that violate any key at all, or any constraint.
  return is_mysql(engine) ? sql : sql + " ON CONFLICT (journal_id, seq) DO NOTHING";
}

std::size_t row_bytes(std::span<const Column> columns, const Event& event) {
  std::size_t bytes = longest_journal_literal;
  for (const Column& column : columns) {
    bytes += longest_number;
    const Value value = column.of(event);
    if (const auto* text = std::get_if<std::string>(&value))
      bytes += text->size() +
               static_cast<std::size_t>(std::count_if(text->begin(), text->end(), [](char c) {
                 return std::string_view("'\"\\\n\r\x1a").find(c) != std::string_view::npos;
               }));
  }
  return bytes;
}

std::size_t longest_row(std::span<const Column> columns) {
  std::size_t bytes = longest_journal_literal;
  for (const Column& column : columns)
    bytes += longest_number + 2 * (column.type == ColumnType::text   ? max_text
                                   : column.type == ColumnType::word ? max_word
                                                                     : 0);
  return bytes;
}

std::string select_stored(Engine engine, const std::string& table,
                          std::span<const std::int64_t> numbers) {
  std::string sql = select_seqs(engine, table) + " AND seq IN (";
  for (std::size_t i = 0; i < numbers.size(); ++i)
    sql += (i == 0 ? "" : ", ") + std::to_string(numbers[i]);
  return sql + ")";
}

std::string select_stored_and_lock(Engine engine, const std::string& table,
                                   std::span<const std::int64_t> numbers) {
  return select_stored(engine, table, numbers) + " LOCK IN SHARE MODE";
}

std::string select_held(Engine engine, const std::string& table, std::int64_t after,
                        std::int64_t last, std::size_t limit) {
  return select_seqs(engine, table) + " AND seq > " + std::to_string(after) +
         " AND seq <= " + std::to_string(last) + " ORDER BY seq LIMIT " + std::to_string(limit);
}

std::string quoted(Engine engine, const std::string& identifier) {
  const char quote = is_mysql(engine) ? '`' : '"';
  return quote + identifier + quote;
}

}  // namespace stalewatch::recorder
