#include "notifier/store_schema.hpp"

#include <soci/soci.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace stalewatch::notifier {
namespace {

constexpr std::int64_t application_id = 0x73776e31;  // "swn1"; marks the file as ours

/// What each version adds to the one before: a new file takes all steps, an older one the rest.
struct Step {
  std::int64_t to_version;
  std::string_view statement;
};

constexpr Step steps[] = {
    {1,
     "CREATE TABLE fetched (one INTEGER PRIMARY KEY CHECK (one = 1), journal TEXT NOT NULL, seq "
     "INTEGER NOT NULL)"},
    {1,
     "CREATE TABLE sinks (name TEXT PRIMARY KEY, begins_after INTEGER NOT NULL, journal TEXT NOT "
     "NULL, told INTEGER NOT NULL)"},
    {1,
     "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, note TEXT NOT "
     "NULL, journal TEXT NOT NULL, seq INTEGER NOT NULL, episode INTEGER NOT NULL, reminds INTEGER "
     "NOT NULL, queued_at INTEGER NOT NULL, event TEXT NOT NULL)"},
    {1, "CREATE INDEX outbox_of_sink ON outbox (sink, id)"},
    {1, "CREATE INDEX reminders ON outbox (sink, episode) WHERE reminds = 1"},
    {1,
     "CREATE TABLE open_problems (sink TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, "
     "name TEXT NOT NULL, opening TEXT NOT NULL, PRIMARY KEY (sink, kind, target, name))"},
    {1,
     "CREATE TABLE set_aside (id INTEGER PRIMARY KEY, sink TEXT NOT NULL, why TEXT NOT NULL, at "
     "INTEGER NOT NULL, journal TEXT NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL)"},
    {2,
     "CREATE TABLE trouble (sink TEXT PRIMARY KEY, why TEXT NOT NULL, since INTEGER NOT NULL, at "
     "INTEGER NOT NULL)"},
};

std::int64_t number(soci::session& sql, const std::string& query) {
  std::int64_t value = 0;
  sql << query, soci::into(value);
  return value;
}

}  // namespace

std::int64_t checked_version(soci::session& sql) {
  if (number(sql, "SELECT count(*) + 0 FROM sqlite_master") == 0) return 0;
  const auto version = number(sql, "PRAGMA user_version");
  if (number(sql, "PRAGMA application_id") != application_id || version < 1)
    throw std::runtime_error("is a database, but not a notifier's");
  if (version > store_version)
    throw std::runtime_error("has version " + std::to_string(version) + ", this program knows " +
                             std::to_string(store_version) +
                             "; update stalewatch, or name another file in notifier.state");
  return version;
}

void prepare_schema(soci::session& sql) {
  sql << "PRAGMA synchronous = NORMAL";
  const auto version = checked_version(sql);
  if (version == store_version) return;
  sql << "BEGIN IMMEDIATE";
  try {
    for (const auto& step : steps)
      if (step.to_version > version) sql << std::string(step.statement);
    sql << "PRAGMA application_id = " + std::to_string(application_id);
    sql << "PRAGMA user_version = " + std::to_string(store_version);
    sql << "COMMIT";
  } catch (...) {
    try {
      sql << "ROLLBACK";
    } catch (const std::exception&) {  // SQLite has rolled back itself
    }
    throw;
  }
}

}  // namespace stalewatch::notifier
