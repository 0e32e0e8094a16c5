#pragma once

// Requests and responses as the mock server sees them, whatever library carries them.

#include "mock_server/connection.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stalewatch::mock_server {

struct Request {
  std::string method;
  std::string path;                               ///< decoded, without the query
  std::multimap<std::string, std::string> query;  ///< decoded
  std::string content_type;                       ///< as the header says it; empty: no such header
  std::string body;
  std::string client;  ///< the address that it came from
};

struct Response {
  int status = 200;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// Where there is one, the body goes out in pieces: called before each with the offset at which
  /// it begins, it waits as it likes and returns the piece's size; 0 ends the connection there.
  std::function<std::size_t(std::size_t offset)> next_piece;
  bool chunked = false;  ///< each piece is a chunk of a body without Content-Length
};

/// What is to be done once the answer has been handed over; `sent`: whole.
using Afterwards = std::function<void(bool sent)>;

/// Answers one request, on its connection's thread. No answer goes out when it has broken the
/// connection.
using RequestHandler =
    std::function<Afterwards(Connection& connection, const Request& request, Response& response)>;

}  // namespace stalewatch::mock_server
