#include "aggregator/probers/target_pieces.hpp"

#include "common/messages/piece.hpp"

namespace stalewatch::aggregator {
namespace {

constexpr std::size_t id_bytes = 5;  // of the largest

}  // namespace

const Targets& TargetPieces::piece(const Lookup& spec_of) {
  if (piece_) return *piece_;
  piece_ = alike_;
  piece_->full = change_.full && count_ == 0;
  Piece room;
  while (removed_ < change_.removed.size() && room.take(id_bytes))
    piece_->removed.push_back(change_.removed[removed_++]);
  // As long as removed ids are left, the piece is full of them.
  while (removed_ == change_.removed.size() && added_ < change_.added.size()) {
    auto spec = spec_of(change_.added[added_]);
    const auto bytes = spec ? encoded_size(*spec) : 0;
    if (bytes > max_element_bytes) {
      left_out_.push_back({spec->key, bytes});
    } else if (spec) {
      if (!room.take(bytes)) return *piece_;
      piece_->added.push_back(*std::move(spec));
    }
    ++added_;
  }
  done_ = piece_->last = removed_ == change_.removed.size();
  return *piece_;
}

}  // namespace stalewatch::aggregator
