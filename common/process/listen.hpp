#pragma once

// The listening sockets of our HTTP servers. We open them ourselves: then the errors, the backlog
// and the options are ours whatever the library.

#include "common/base/result.hpp"

#include <string>

namespace stalewatch {

/// Where an HTTP server listens. Port 0: any free one.
struct ListenAddress {
  std::string host;
  int port = 0;
};

/// Reads "127.0.0.1:9101", ":9101" (all addresses) or "[::1]:9101". Throws std::runtime_error for
/// anything else.
ListenAddress parse_listen_address(const std::string& text);

/// A listening socket, non-blocking; the error says why there is none: "Address already in use".
/// `backlog`: connections that the kernel keeps until they are accepted.
Result<int> listen_on(const ListenAddress& address, int backlog);

/// The port that a listening socket got.
int port_of(int socket);

}  // namespace stalewatch
