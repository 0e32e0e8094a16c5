#include "cli/restart_policy.hpp"

#include <algorithm>

namespace stalewatch::cli {
namespace {

constexpr Duration good_start = std::chrono::seconds(60);  // longer than any start-up work
constexpr Duration first_delay = std::chrono::milliseconds(500);
constexpr Duration longest_delay =
    std::chrono::seconds(30);      // a person who fixed the cause waits no longer
constexpr unsigned doublings = 6;  // 500 ms * 2^6 is past the longest delay

}  // namespace

unsigned ends_in_a_row(unsigned before, Duration ran) { return ran >= good_start ? 1 : before + 1; }

Duration restart_delay(unsigned ends) {
  return std::min(first_delay * (1 << std::min(std::max(ends, 1U) - 1, doublings)), longest_delay);
}

}  // namespace stalewatch::cli
