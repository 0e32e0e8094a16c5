#pragma once

// The tables of the notifier's file, and their versions.

#include <cstdint>

namespace soci {
class session;
}

namespace stalewatch::notifier {

/// Newest version of the file that this program knows, in SQLite's user_version.
///   1 (0.1.0)
///   2 the table trouble: what each sink's last attempt failed by
inline constexpr std::int64_t store_version = 2;

/// Makes the tables in an empty file and brings those of an older version up to date, in one
/// transaction. Throws std::runtime_error, with nothing changed, for a file that is not a
/// notifier's or of a newer version.
void prepare_schema(soci::session& sql);

/// The version of a notifier's file, 0 of an empty one; throws as above.
std::int64_t checked_version(soci::session& sql);

}  // namespace stalewatch::notifier
