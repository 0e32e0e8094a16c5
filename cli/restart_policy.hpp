#pragma once

#include "common/base/time.hpp"

namespace stalewatch::cli {

/// How many times in a row a child has ended, the end just seen included: starts again at 1 after
/// it ran for long enough to count as a good start.
unsigned ends_in_a_row(unsigned before, Duration ran);

/// How long to wait before starting a child again that has ended `ends` times in a row (>= 1):
/// 500 ms, doubled each time, at most 30 s.
Duration restart_delay(unsigned ends);

}  // namespace stalewatch::cli
