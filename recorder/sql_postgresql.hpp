#pragma once

// What PostgreSQL's client library knows and SOCI does not ask it for: errors that mean the same
// whatever language the server speaks.

#include <soci/soci.h>

#include <string>

namespace stalewatch::recorder {

/// From then on messages of errors name the server's function that raised them; see
/// trouble_of_postgresql().
void name_origin_of_errors(soci::session& session);

/// What a server says when it does not let us in, and its SQLSTATE: SOCI's error has the words
/// only. Empty when nobody answers within 3 s, or lets us in.
struct Refusal {
  std::string message, state;
};
Refusal ask_for_refusal(const std::string& connect_string);

}  // namespace stalewatch::recorder
