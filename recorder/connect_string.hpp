#pragma once

// How a database is reached, for SOCI's backends and for people. Pure.

#include "recorder/dialect.hpp"

#include <string>

namespace stalewatch::recorder {

/// How SOCI calls the engine's backend.
const char* backend_of(Engine engine);
/// What to do when the server refuses sessions without TLS, by the error's number and words; empty
/// when it is not about that.
std::string tls_hint(const DatabaseConfig& config, const std::string& code,
                     const std::string& message);
/// What a person is told of where the rows go: no password.
std::string describe(const DatabaseConfig& config);
/// Names and values that cannot be used, told before anything is tried; empty when fine.
std::string unusable(const DatabaseConfig& config);
/// SOCI's connect string, with timeouts. Holds the password: never to be shown.
std::string connect_string(const DatabaseConfig& config);

}  // namespace stalewatch::recorder
