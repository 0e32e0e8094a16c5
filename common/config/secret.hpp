#pragma once

#include <string>
#include <utility>

namespace stalewatch {

/// A string that never shows itself: not in logs, not in summaries. Ask for it by name where it is
/// used.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

}  // namespace stalewatch
