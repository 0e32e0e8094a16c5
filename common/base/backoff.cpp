#include "common/base/backoff.hpp"

#include <cmath>

namespace stalewatch {

Duration jittered(Duration wait, double least, double most, double random) {
  const double factor = least + (most - least) * random;
  return Duration(std::llround(static_cast<double>(wait.count()) * factor));
}

}  // namespace stalewatch
