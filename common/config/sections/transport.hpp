#pragma once

#include "common/base/time.hpp"

#include <string>

namespace stalewatch {

/// transport: where the aggregator binds and everyone else connects.
struct TransportConfig {
  std::string samples = "tcp://127.0.0.1:5555";
  std::string control = "tcp://127.0.0.1:5556";
  std::string events = "tcp://127.0.0.1:5557";
  bool insecure = false;
  Duration lease = std::chrono::seconds(5);

  bool operator==(const TransportConfig&) const = default;
};

}  // namespace stalewatch
