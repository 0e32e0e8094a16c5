#include "aggregator/journal/schema.hpp"

#include "common/base/random_id.hpp"
#include "common/base/text.hpp"
#include "common/messages/names.hpp"
#include "common/messages/wire.hpp"

#include <soci/soci.h>

#include <stdexcept>
#include <vector>

namespace stalewatch::aggregator {
namespace {

/// Statements that lead from one version to the next. What has been released is never changed:
/// files of every version are out there.
const std::vector<std::vector<const char*>> steps = {
    {
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, kind TEXT NOT NULL,"
        " target TEXT NOT NULL, body BLOB NOT NULL)",
        "CREATE TABLE targets (id INTEGER PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL,"
        " address TEXT NOT NULL, time_field TEXT NOT NULL, retired INTEGER NOT NULL,"
        " state BLOB NOT NULL)",
        "CREATE TABLE probers (instance TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE consumers (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID",
    },
    {
        // Of each prober: the last of its news that was taken in, until when all that it saw was,
        // and whether it is lost (but may come back).
        "ALTER TABLE probers ADD COLUMN received INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE probers ADD COLUMN heard_at_us INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE probers ADD COLUMN lost INTEGER NOT NULL DEFAULT 0",
        // Whether what a consumer has not acknowledged is kept for it (not used any more: who has
        // no place has no row), and its open consumer_behind: the number of the opening event, and
        // since when.
        "ALTER TABLE consumers ADD COLUMN registered INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE consumers ADD COLUMN acked_at_us INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE consumers ADD COLUMN behind INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE consumers ADD COLUMN behind_since_us INTEGER NOT NULL DEFAULT 0",
        // Up to where all registered consumers had acknowledged, noted now and then.
        "CREATE TABLE acked_by_all (at_us INTEGER PRIMARY KEY, seq INTEGER NOT NULL)",
    },
};

/// 0 for an empty file.
int version_of(soci::session& sql, const std::string& path) {
  int tables = 0, ours = 0;
  sql << "SELECT count(*) FROM sqlite_master WHERE type = 'table'", soci::into(tables);
  if (tables == 0) return 0;
  sql << "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'",
      soci::into(ours);
  if (ours == 0 || journal_meta(sql, "program") != "stalewatch")
    throw std::runtime_error("journal " + path +
                             ": this SQLite file is not a journal of stalewatch; "
                             "set journal.path to a file of its own");
  const auto text = journal_meta(sql, "schema_version");
  for (int version = 1; version <= journal_schema_version(); ++version)
    if (text == std::to_string(version)) return version;
  throw std::runtime_error("journal " + path + ": it has schema version " +
                           escape_untrusted(text, 40) + ", this program knows versions up to " +
                           std::to_string(journal_schema_version()) +
                           "; run the version that wrote it, or move the file away to start anew");
}

}  // namespace

int journal_schema_version() { return static_cast<int>(steps.size()); }

void migrate_journal(soci::session& sql, const std::string& path) {
  for (int version = version_of(sql, path); version < journal_schema_version(); ++version) {
    soci::transaction transaction(sql);
    for (const auto* statement : steps[static_cast<std::size_t>(version)]) sql << statement;
    if (version == 0) {
      put_journal_meta(sql, "program", "stalewatch");
      put_journal_meta(sql, "journal_id", random_id());
    }
    put_journal_meta(sql, "schema_version", std::to_string(version + 1));
    transaction.commit();
  }
}

void check_journal(soci::session& sql, const std::string& path) {
  if (version_of(sql, path) == 0)
    throw std::runtime_error("journal " + path + ": there is no journal in this file");
}

std::string journal_meta(soci::session& sql, const std::string& name) {
  std::string value;
  sql << "SELECT value FROM meta WHERE name = :name", soci::use(name), soci::into(value);
  return sql.got_data() ? value : std::string();
}

void put_journal_meta(soci::session& sql, const std::string& name, const std::string& value) {
  sql << "INSERT OR REPLACE INTO meta VALUES (:n, :v)", soci::use(name), soci::use(value);
}

}  // namespace stalewatch::aggregator
