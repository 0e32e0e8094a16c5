#pragma once

// How much of a batch is tried at once. Pure.

#include <cstddef>
#include <limits>

namespace stalewatch::recorder {

/// As many events as there are, until they fail together: then ever fewer, down to one, and after
/// a success more again. What fails a batch may be one row in it, or that it is too much: longer
/// than a packet, slower than a timeout.
class PartSize {
 public:
  /// Of so many events that wait.
  std::size_t of(std::size_t waiting) const;
  /// A part of this size is stored, or the one event in it was set aside.
  void stored();
  /// The database refuses a row among these for what it holds.
  void refused(std::size_t part);
  /// These failed for a reason that need not lie in them: the second time that is assumed.
  void failed(std::size_t part);
  /// Even one event fails.
  bool is_one() const { return most_ == 1; }

 private:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  /// Limits beyond that are none: batches are smaller.
  static constexpr std::size_t largest = 1 << 16;

  std::size_t most_ = unlimited;
  int failures_ = 0;
  bool too_much_ = false;  ///< grows slowly, so that it does not meet the same limit at once
};

}  // namespace stalewatch::recorder
