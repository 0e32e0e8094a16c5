#pragma once

// Hands an answer over to a connection the way it is to be delivered.

#include "mock_server/answer.hpp"
#include "mock_server/connection.hpp"

#include <httplib.h>

namespace stalewatch::mock_server {

/// Fills `response`, waits, breaks the connection: whatever the answer asks for. Returns false when
/// no answer will go out (the connection is given up then).
bool deliver(const Answer& answer, Connection& connection, httplib::Response& response);

}  // namespace stalewatch::mock_server
