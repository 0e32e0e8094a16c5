#pragma once

// Puts the pieces of Targets messages together into whole changes. Pure.

#include "common/messages/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch::prober {

/// One complete change of what a prober probes.
struct AssignmentChange {
  std::string assignment;
  std::uint64_t generation = 0;
  bool full = false;  ///< what is not in `added` is gone
  Duration lease{};
  std::vector<TargetSpec> added;
  std::vector<std::uint32_t> removed;
  std::optional<std::string> name;  ///< what this prober is called from now on
};

class AssignmentPieces {
 public:
  enum class Took { more, complete, out_of_order };
  /// Takes one piece. `complete`: change() holds a whole one. `out_of_order`: a piece before it was
  /// lost; nothing of its change will be applied, and the aggregator has to be asked for everything
  /// again.
  Took take(Targets piece);
  /// The change that the last piece completed; to be moved from.
  AssignmentChange& change() { return pending_; }
  /// The newest complete generation; 0 before the first.
  std::uint64_t generation() const { return generation_; }

 private:
  bool collecting_ = false;
  AssignmentChange pending_;
  std::string assignment_;  ///< of the newest complete one
  std::uint64_t generation_ = 0;
};

}  // namespace stalewatch::prober
