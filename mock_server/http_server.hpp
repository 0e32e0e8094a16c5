#pragma once

// libmicrohttpd with a listening socket of our own: a thread for each connection, so that a hanging
// answer never keeps others waiting.

#include "common/process/listen.hpp"
#include "mock_server/http.hpp"

#include <memory>
#include <string>

struct MHD_Daemon;

namespace stalewatch::mock_server {

struct TlsFiles {
  std::string certificate;  ///< PEM, the chain; empty: plain HTTP
  std::string key;          ///< PEM
};

class HttpServer {
 public:
  /// More connections than this, or than files may be open, are closed at once: each costs a
  /// thread.
  static constexpr unsigned max_connections = 20000;

  /// Throws std::runtime_error for unusable TLS files.
  HttpServer(ListenAddress address, const TlsFiles& tls, RequestHandler handler);
  ~HttpServer();

  /// Throws std::runtime_error that names the address ("port taken"). An ephemeral port stays the
  /// same when opened again.
  void open();
  /// Stops listening and ends all connections.
  void close() { daemon_.reset(); }
  bool is_open() const { return daemon_ != nullptr; }
  int port() const { return address_.port; }

 private:
  /// What the TLS files say, as the library wants it.
  struct TlsTexts {
    std::string certificate;
    std::string key;
  };
  struct Stop {
    void operator()(MHD_Daemon* daemon) const;
  };
  using Daemon = std::unique_ptr<MHD_Daemon, Stop>;

  static TlsTexts read_tls(const TlsFiles& files);
  Daemon start(int socket);

  ListenAddress address_;
  TlsTexts tls_;
  RequestHandler handler_;
  Daemon daemon_;
};

}  // namespace stalewatch::mock_server
