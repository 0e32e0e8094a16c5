#pragma once

// What is told once of each: which come for the first time. Bounded: somebody may make names up.

#include <cstddef>
#include <set>

namespace stalewatch {

template <typename T>
class FirstTimes {
 public:
  /// Remembers `most` of them; of any beyond, none counts as the first time.
  explicit FirstTimes(std::size_t most) : most_(most) {}

  bool is_first(const T& one) { return seen_.size() < most_ && seen_.insert(one).second; }

 private:
  std::size_t most_;
  std::set<T> seen_;
};

}  // namespace stalewatch
