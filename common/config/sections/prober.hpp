#pragma once

#include <cstdint>
#include <string>

namespace stalewatch {

struct ProberConfig {
  std::string name;  ///< empty: the host's name
  std::string zone;
  std::int32_t max_connections = 1000;  ///< kept open between probes
  std::int32_t max_in_flight = 1000;    ///< probes at the same time
  std::int32_t ring = 100'000;          ///< news kept until they are acknowledged

  bool operator==(const ProberConfig&) const = default;
};

}  // namespace stalewatch
