#pragma once

// Hands an answer over to a connection the way it is to be delivered.

#include "mock_server/answer.hpp"
#include "mock_server/http.hpp"

namespace stalewatch::mock_server {

/// Fills `response`, waits, breaks the connection: whatever the answer asks for. Returns false when
/// no answer will go out (the connection is broken then).
bool deliver(const Answer& answer, Connection& connection, Response& response);

}  // namespace stalewatch::mock_server
