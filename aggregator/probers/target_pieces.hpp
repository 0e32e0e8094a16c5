#pragma once

// What a prober is told of one change of its share, cut into messages. Pure.

#include "aggregator/probers/membership.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stalewatch::aggregator {

class TargetPieces {
 public:
  /// What a prober needs to know of a target; nothing when it has left the configuration meanwhile.
  using Lookup = std::function<std::optional<TargetSpec>(std::uint32_t id)>;

  /// A target that no receiver could take: it is left out, the others are told.
  struct LeftOut {
    std::string key;
    std::size_t bytes = 0;
  };

  /// `alike` is what all pieces say.
  TargetPieces(AssignmentChange change, Targets alike)
      : change_(std::move(change)), alike_(std::move(alike)) {}

  /// The piece to be sent now, the same until it is sent. Only while there is one.
  const Targets& piece(const Lookup& spec_of);
  void sent() { piece_.reset(), ++count_; }
  bool done() const { return done_ && !piece_; }

  /// How many were sent.
  std::size_t count() const { return count_; }
  /// Those left out since the last call.
  std::vector<LeftOut> take_left_out() { return std::exchange(left_out_, {}); }

 private:
  AssignmentChange change_;
  Targets alike_;
  std::size_t removed_ = 0, added_ = 0;  // so many of the change are in pieces
  std::optional<Targets> piece_;
  std::size_t count_ = 0;
  bool done_ = false;  // the last piece has been made
  std::vector<LeftOut> left_out_;
};

}  // namespace stalewatch::aggregator
