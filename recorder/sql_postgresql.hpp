#pragma once

// What PostgreSQL's client library knows and SOCI does not ask it for: errors that mean the same
// whatever language the server speaks.

#include <soci/soci.h>

#include <string>

namespace stalewatch::recorder {

/// From then on messages of errors name the server's function that raised them; see
/// trouble_of_postgresql().
void name_origin_of_errors(soci::session& session);

/// The SQLSTATE with which the server refuses a connection, asked once more; empty when nobody
/// answers within 3 s, or lets us in. SOCI's error has the server's words only.
std::string state_of_refusal(const std::string& connect_string);

}  // namespace stalewatch::recorder
