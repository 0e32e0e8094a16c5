#pragma once

// A step of our clock that is believed: what was noted by it moves along, so that everything is as
// long ago, and as far ahead, as before. Each struct that holds such names it in its
// for_each_instant: instants by our clock, and how far other clocks are ahead of it. What targets
// say of times is no affair of our clock, and stays. Pure.

#include "aggregator/node_time.hpp"

#include <optional>

namespace stalewatch::aggregator {

class ClockShift;

template <typename T>
concept HasInstants = requires(T& value, const ClockShift& shift) {
  for_each_instant(value, shift);
};

template <typename T>
concept HoldsMany = requires(T& values) {
  values.begin();
};

class ClockShift {
 public:
  explicit ClockShift(Duration by) : by_(by) {}

  Duration by() const { return by_; }

  /// The epoch is when something has never been, and the last instant when something never ends.
  void operator()(NodeTime& t) const {
    if (t != NodeTime{} && t != NodeTime::max()) t += by_;
  }
  /// How far another clock is ahead of ours.
  void operator()(Duration& ahead) const { ahead -= by_; }
  template <typename T>
  void operator()(std::optional<T>& value) const {
    if (value) (*this)(*value);
  }
  template <HoldsMany T>
  void operator()(T& values) const {
    for (auto& value : values) (*this)(value);
  }
  template <HasInstants T>
  void operator()(T& value) const {
    for_each_instant(value, *this);
  }

 private:
  Duration by_;
};

}  // namespace stalewatch::aggregator
