#pragma once

// The connection of a request, for the answers that wait on it or break it.

#include "common/base/time.hpp"

namespace stalewatch::mock_server {

class Connection {
 public:
  /// The socket stays the server's.
  explicit Connection(int socket) : socket_(socket) {}

  /// Waits; false at once when the peer goes away or the server closes.
  bool pause(Duration length);
  /// Ends the connection with a reset instead of an orderly close. Nothing can be written after it.
  void reset();
  /// False after reset().
  bool intact() const { return intact_; }

 private:
  int socket_;
  bool intact_ = true;
};

}  // namespace stalewatch::mock_server
