#pragma once

#include "common/config/secret.hpp"

#include <map>
#include <string>

namespace stalewatch {

/// credentials.ROCKETCHAT
struct RocketchatConfig {
  Secret webhook;
  std::map<std::string, Secret> headers;
  std::string channel, alias, emoji;  ///< sent only when not empty
  std::string ca_file;
  std::string proxy;

  bool operator==(const RocketchatConfig&) const = default;
};

}  // namespace stalewatch
