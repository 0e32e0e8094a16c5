#pragma once

// What differs between a configuration and the one before it, for people. Pure.

#include "common/config/config.hpp"

#include <string>

namespace stalewatch {

/// "2 targets added, 1 removed; logs and prober changed; transport takes effect at the next start";
/// "nothing has changed".
std::string changes_between(const Config& before, const Config& after);

}  // namespace stalewatch
