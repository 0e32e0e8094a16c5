#pragma once

// What a message held that could not be understood and was left out of it, so that the rest goes
// on.

#include <cstdint>
#include <string>

namespace stalewatch {

struct Refusals {
  std::uint64_t count = 0;
  std::string first;  ///< where and why: "added[3]: interval: wrong type or out of range"
};

}  // namespace stalewatch
