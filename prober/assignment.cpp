#include "prober/assignment.hpp"

#include <iterator>

namespace stalewatch::prober {
namespace {

/// More targets than this are no assignment but a mistake; at 1 KiB each they would fill the
/// memory.
constexpr std::size_t max_targets = 2'000'000;

}  // namespace

AssignmentPieces::Took AssignmentPieces::take(Targets piece) {
  const bool continues = collecting_ && !piece.full && piece.generation == pending_.generation &&
                         piece.assignment == pending_.assignment;
  const bool difference = !collecting_ && !piece.full && piece.assignment == assignment_ &&
                          piece.generation > generation_;
  if (!piece.full && !continues && !difference) {
    collecting_ = false;
    return Took::out_of_order;
  }
  if (!continues)
    pending_ = {.assignment = piece.assignment,
                .generation = piece.generation,
                .full = piece.full,
                .lease = {},
                .added = {},
                .removed = {},
                .name = piece.name};
  collecting_ = !piece.last;
  pending_.lease = piece.lease;
  pending_.added.insert(pending_.added.end(), std::make_move_iterator(piece.added.begin()),
                        std::make_move_iterator(piece.added.end()));
  pending_.removed.insert(pending_.removed.end(), piece.removed.begin(), piece.removed.end());
  if (pending_.added.size() > max_targets || pending_.removed.size() > max_targets) {
    collecting_ = false;
    pending_ = {};
    return Took::out_of_order;
  }
  if (!piece.last) return Took::more;
  assignment_ = pending_.assignment;
  generation_ = pending_.generation;
  return Took::complete;
}

}  // namespace stalewatch::prober
