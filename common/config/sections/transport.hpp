#pragma once

#include "common/base/time.hpp"

#include <string>

namespace stalewatch {

/// transport: where the aggregator binds and everyone else connects. Once read, none is empty:
/// those that nobody gave are sockets in the state directory, which only its user reaches.
struct TransportConfig {
  std::string samples;
  std::string control;
  std::string events;
  bool insecure = false;
  Duration lease = std::chrono::seconds(5);

  bool operator==(const TransportConfig&) const = default;
};

}  // namespace stalewatch
