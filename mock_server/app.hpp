#pragma once

// The mock server as a process.

#include "common/base/time.hpp"
#include "common/base/wake.hpp"
#include "common/process/signals.hpp"
#include "mock_server/http_server.hpp"
#include "mock_server/service.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch::mock_server {

struct Options {
  ListenAddress address{"127.0.0.1", 5000};
  std::optional<int> control_port;  ///< a second port that never closes
  TlsFiles tls;                     ///< of the main port
  std::vector<std::string> paths;   ///< "/orders=frozen,age=20m"
  std::string hook_rate = "10/60s";
  std::vector<std::string> hook_tokens;  ///< "ID/TOKEN"
};

/// The loop of this process waits for a signal, for an order to open or close the main port, and
/// for the instant at which a closed one opens again.
class App {
 public:
  /// Reads the options and opens the ports. Throws std::runtime_error.
  App(const Options& options, Signals& signals);
  ~App();

  /// Until SIGTERM or SIGINT.
  void run();

  /// "http://127.0.0.1:5000", the port that was really taken.
  std::string url() const;
  std::optional<std::string> control_url() const;

 private:
  void follow_listening();
  int poll_timeout_ms() const;

  Options options_;
  Signals& signals_;
  Wake wake_;
  std::optional<Timestamp> reopens_at_;
  Service service_;
  HttpServer server_;
  std::unique_ptr<HttpServer> control_server_;
};

}  // namespace stalewatch::mock_server
