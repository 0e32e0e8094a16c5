#pragma once

// --http: /healthz (the loop turns), /readyz (and does its work), /metrics (Prometheus text), by existing libraries.

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <prometheus/registry.h>

#include "common/time.hpp"

namespace stalewatch {

/// What a process tells about itself; written by its loop, read by the HTTP thread.
class Health {
 public:
  explicit Health(std::string process);
  ~Health();

  /// The loop is alive; called at each turn. /healthz fails when the last one is older than 10 s.
  void beat();
  /// Whether the process does its work, and if not why: the body of /readyz.
  void ready(bool ready, std::string why = {});

  prometheus::Registry& metrics();

  /// Serves on "127.0.0.1:9101", ":9101" or "[::1]:9101" from a thread of its own. Throws when it cannot listen.
  void serve(const std::string& address);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stalewatch
