#pragma once

// --http: /healthz (the loop turns), /readyz (and does its work), /metrics (Prometheus text), by
// existing libraries.

#include <memory>
#include <string>

namespace prometheus {
class Registry;
}

namespace stalewatch {

/// What a process tells about itself; written by its loop, read by the HTTP thread.
class Health {
 public:
  explicit Health(std::string process);
  ~Health();

  /// The loop is alive; called at each turn. /healthz fails when the last one is older than 10 s.
  void beat();
  /// Whether the process does its work, and if not why: the body of /readyz. "starting" until the
  /// first call.
  void ready(bool ready, std::string why = {});

  prometheus::Registry& metrics();

  /// Serves on an address that parse_listen_address reads, from a thread of its own, until
  /// destroyed. Call once, after Signals exists. Throws std::runtime_error when it cannot listen.
  void serve(const std::string& address);
  /// Where it serves; 0 before `serve`.
  int port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stalewatch
