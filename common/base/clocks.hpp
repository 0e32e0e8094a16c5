#pragma once

#include "common/base/time.hpp"

namespace stalewatch {

/// Reads both clocks. Called by shells only.
Now read_clocks();

}  // namespace stalewatch
