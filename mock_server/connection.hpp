#pragma once

// One accepted connection, in our own hands: httplib reads requests and writes answers through it,
// and the faults that a mock server must be able to produce happen here.

#include "common/base/time.hpp"

#include <httplib.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace stalewatch::mock_server {

/// The open sockets of a server, so that another thread can end them all. Thread safe.
class OpenSockets {
 public:
  /// False once close_all() has been called: the connection is not wanted any more.
  bool add(int socket);
  /// Closes the socket; nobody else does.
  void remove_and_close(int socket);
  /// Wakes every thread that reads, writes or waits on a socket; they then end their connections.
  void close_all();
  void reopen();

 private:
  std::mutex mutex_;
  std::set<int> sockets_;
  bool closing_ = false;
};

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPointer = std::unique_ptr<SSL, SslFree>;

class Connection final : public httplib::Stream {
 public:
  /// `tls`: null for plain HTTP. Both stay the caller's until the connection is gone.
  Connection(int socket, SSL* tls) : socket_(socket), tls_(tls) {}

  /// Waits for the first byte of a request; false when the peer has gone or was idle for too long.
  bool wait_for_request();
  /// Waits; false at once when the peer goes away or the server closes.
  bool pause(Duration length);
  /// Ends the connection with a reset instead of an orderly close. Nothing can be written after it.
  void reset();
  /// Ends the connection as it is.
  void give_up() { broken_ = true; }
  /// False after a failed write, reset() or give_up(): the last answer did not go out whole.
  bool intact() const { return !broken_; }

  bool is_readable() const override { return !broken_; }
  bool is_writable() const override { return !broken_; }
  ssize_t read(char* buffer, std::size_t size) override;
  ssize_t write(const char* data, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool fill();

  int socket_;
  SSL* tls_;
  bool broken_ = false;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  char buffer_[4096];
};

}  // namespace stalewatch::mock_server
