#include "common/base/random_id.hpp"

#include <random>
#include <string_view>

namespace stalewatch {

std::string random_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device device;
  std::string id;
  for (int i = 0; i < 4; ++i) {
    auto bits = device();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) id += digits[bits & 0xf];
  }
  return id;
}

}  // namespace stalewatch
