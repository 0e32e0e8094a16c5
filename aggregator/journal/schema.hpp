#pragma once

// The tables of the journal, version by version.

#include <string>

namespace soci {
class session;
}

namespace stalewatch::aggregator {

/// The version that this program writes.
int journal_schema_version();

/// Makes the tables in an empty file, and brings those of an older version up to this one, each
/// step in a transaction of its own: killed in between, it goes on from there. Throws
/// std::runtime_error, saying what to do, when the file is not a journal of ours or of a newer
/// version; soci::soci_error when it cannot be written.
void migrate_journal(soci::session& sql, const std::string& path);

/// The same refusals for who only reads; an older version is good enough for that.
void check_journal(soci::session& sql, const std::string& path);

/// A value of the table `meta`; empty when there is none.
std::string journal_meta(soci::session& sql, const std::string& name);
void put_journal_meta(soci::session& sql, const std::string& name, const std::string& value);

}  // namespace stalewatch::aggregator
