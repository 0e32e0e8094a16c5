#pragma once

// After the last line of the file: defaults, the parts put together, and what only shows when keys
// are looked at side by side.

#include "common/config/walk.hpp"

namespace stalewatch {

/// Completes walk.draft.config; errors and warnings go to the walk.
void finish_config(ConfigWalk& walk, const std::string& state_directory);

}  // namespace stalewatch
