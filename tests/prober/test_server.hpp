#pragma once

// A small HTTP server for tests, one thread per connection, that can also misbehave in every way.

#include "common/base/time.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using SSL_CTX = struct ssl_ctx_st;
using SSL = struct ssl_st;

namespace stalewatch::prober {

/// One request under way.
struct Exchange {
  std::string path;
  std::string request;  ///< all of its header
  int fd = -1;
  SSL* ssl = nullptr;

  bool write(const std::string& bytes) const;
  /// A whole answer with its length.
  void answer(const std::string& status, const std::string& body,
              const std::string& headers = {}) const;
  /// Closes by RST instead of FIN.
  void reset() const;
};

/// Certificates for TLS tests: an authority of our own and what it signs.
class Authority {
 public:
  Authority();
  ~Authority();
  /// A server's context. `name`: the host it is for. `self_signed`: by itself instead of by this
  /// authority.
  std::shared_ptr<SSL_CTX> server(const std::string& name, Timestamp from, Timestamp until,
                                  bool self_signed = false) const;
  /// PEM file to be trusted.
  const std::string& ca_file() const { return file_; }

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::string file_;
};

class TestServer {
 public:
  /// Answers a request; false: close the connection afterwards.
  using Handler = std::function<bool(const Exchange&)>;
  explicit TestServer(Handler handler, std::shared_ptr<SSL_CTX> tls = nullptr);
  ~TestServer();

  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const;
  int port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept_all();
  void serve(int fd);

  Handler handler_;
  std::shared_ptr<SSL_CTX> tls_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace stalewatch::prober
