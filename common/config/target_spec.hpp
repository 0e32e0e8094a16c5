#pragma once

#include "common/config/config.hpp"
#include "common/messages/messages.hpp"

#include <cstdint>

namespace stalewatch {

/// What a prober needs to know of a configured server. Carries its secrets in the clear: for the
/// control socket and the prober, never for a log.
TargetSpec target_spec(std::uint32_t id, const ServerConfig& server);

}  // namespace stalewatch
