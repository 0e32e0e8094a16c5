#pragma once

#include "aggregator/node_time.hpp"

namespace stalewatch::aggregator {

/// An instant by whichever clock: in a test all of them show the same but where it says otherwise.
class Instant {
 public:
  constexpr Instant() = default;
  constexpr Instant(Timestamp t) : t_(t) {}
  constexpr Instant(NodeTime t) : t_(to_wire(t)) {}

  constexpr operator Timestamp() const { return t_; }
  constexpr operator NodeTime() const { return from_wire(t_); }

  constexpr Instant& operator+=(Duration d) { return t_ += d, *this; }
  constexpr Instant& operator-=(Duration d) { return t_ -= d, *this; }
  friend constexpr Instant operator+(Instant t, Duration d) { return t += d; }
  friend constexpr Instant operator-(Instant t, Duration d) { return t += -d; }
  friend constexpr Duration operator-(Instant a, Instant b) { return a.t_ - b.t_; }
  friend constexpr bool operator==(Instant a, Instant b) { return a.t_ == b.t_; }
  friend constexpr auto operator<=>(Instant a, Instant b) { return a.t_ <=> b.t_; }

 private:
  Timestamp t_{};
};

/// Where the tests' time begins: 2027-01-15T08:00:00Z.
inline constexpr Instant t0 = timestamp_from_us(1'800'000'000'000'000);

}  // namespace stalewatch::aggregator
