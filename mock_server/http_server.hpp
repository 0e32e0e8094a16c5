#pragma once

// httplib's server with our own connections under it: a thread for each, all of them can be ended
// at once.

#include "mock_server/connection.hpp"

#include <httplib.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace stalewatch::mock_server {

struct ListenAddress {
  std::string host = "127.0.0.1";
  int port = 0;  ///< 0: any free one
};

struct TlsFiles {
  std::string certificate;  ///< PEM, the chain; empty: plain HTTP
  std::string key;          ///< PEM
};

/// What is to be done once the answer has been handed over; `sent`: whole.
using Afterwards = std::function<void(bool sent)>;
/// Answers one request, at once or by content providers that use the connection.
using RequestHandler = std::function<Afterwards(
    Connection& connection, const httplib::Request& request, httplib::Response& response)>;

class HttpServer final : private httplib::Server {
 public:
  /// More connections than this wait to be accepted: each costs a thread.
  static constexpr std::size_t max_connections = 8000;

  /// Throws std::runtime_error for unusable TLS files.
  HttpServer(ListenAddress address, const TlsFiles& tls, RequestHandler handler);
  ~HttpServer() override;

  /// Throws std::runtime_error that names the address ("port taken"). An ephemeral port stays the
  /// same when opened again.
  void open();
  /// Stops listening and ends all connections.
  void close();
  bool is_open() const { return thread_.joinable(); }
  int port() const { return address_.port; }

 private:
  bool process_and_close_socket(socket_t socket) override;
  void serve(Connection& connection);
  void answer(const httplib::Request& request, httplib::Response& response);

  ListenAddress address_;
  RequestHandler handler_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> tls_;
  OpenSockets sockets_;
  std::thread thread_;
};

}  // namespace stalewatch::mock_server
