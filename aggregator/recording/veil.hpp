#pragma once

// Secrets in what is recorded: addresses are told apart, and tell no password.

#include "aggregator/input.hpp"
#include "aggregator/saved.hpp"

#include <array>
#include <string>

namespace stalewatch::aggregator {

class Veil {
 public:
  /// Under a key of its own, which nobody else ever knows.
  Veil();

  /// As people see it; where that hides something, with a keyed hash of the whole behind it. Equal
  /// addresses stay equal, others stay different, and people see the same of both.
  std::string address(const std::string& address) const;

  /// What decisions go by, without secrets.
  ServerConfig policy(ServerConfig policy) const;
  void hide(Saved& saved) const;
  input::Configure hidden(const input::Configure& configure) const;

 private:
  std::array<unsigned char, 32> key_{};
};

}  // namespace stalewatch::aggregator
