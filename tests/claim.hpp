#pragma once

#include "common/bus/address.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace stalewatch {

/// An address that is given up again once its socket is made.
struct Claimed {
  AddressClaim claim;
  operator AddressClaim&() { return claim; }
};

inline Claimed claimed(const std::string& endpoint) { return {AddressClaim(endpoint)}; }

/// The same where a listener before was closed in this process: ZeroMQ does that in a thread of its
/// own.
inline Claimed claimed_when_free(const std::string& endpoint) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  for (;; std::this_thread::sleep_for(10ms)) try {
      return claimed(endpoint);
    } catch (const std::runtime_error&) {
      if (std::chrono::steady_clock::now() > deadline) throw;
    }
}

}  // namespace stalewatch
