#include "common/base/clocks.hpp"

namespace stalewatch {

Now read_clocks() {
  return {std::chrono::steady_clock::now(), std::chrono::time_point_cast<std::chrono::microseconds>(
                                                std::chrono::system_clock::now())};
}

}  // namespace stalewatch
