#pragma once

// How the recorder has SOCI make a statement that takes or gives values.

#include <soci/soci.h>

#include <string>

namespace stalewatch::recorder {

/// Prepares one that has no name at the server. `session.prepare` gives PostgreSQL a name, and
/// takes it back by the command DEALLOCATE: round trips, and behind PgBouncer the end of the
/// transaction, since a pooler that knows prepared statements (1.21 and later) gives its server
/// names of its own.
inline void prepare_nameless(soci::statement& statement, const std::string& sql) {
  statement.alloc();
  statement.prepare(sql, soci::details::st_one_time_query);
  statement.define_and_bind();
}

template <typename... Exchanged>
soci::statement nameless(soci::session& session, const std::string& sql,
                         const Exchanged&... exchanged) {
  soci::statement statement(session);
  (statement.exchange(exchanged), ...);
  prepare_nameless(statement, sql);
  return statement;
}

}  // namespace stalewatch::recorder
