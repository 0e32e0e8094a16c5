#pragma once

// How long to wait before something that failed is tried again. Pure.

#include "common/base/time.hpp"

#include <cassert>

namespace stalewatch {

/// Exponential backoff: `first` after the first failure, twice as long after each further one in a
/// row, never more than `longest`. `first` is above 0, in microseconds like every Duration;
/// `longest` may be all that one holds.
struct Backoff {
  Duration first, longest;

  /// After the n-th failure in a row, from 1; 0 counts as 1, and any number may come.
  constexpr Duration after(unsigned failures) const {
    assert(first > Duration(0));
    Duration wait = first < longest ? first : longest;
    for (unsigned n = 1; n < failures && wait < longest; ++n)
      wait += wait < longest - wait ? wait : longest - wait;
    return wait;
  }
};

/// Between `least` and `most` times as long, so that many do not come back at once: by `random`,
/// from 0 (least) up to 1 (most). 0 <= least <= most; to the nearest microsecond.
Duration jittered(Duration wait, double least, double most, double random);

}  // namespace stalewatch
