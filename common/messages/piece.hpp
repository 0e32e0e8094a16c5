#pragma once

// Long lists in several messages: where one ends and the next begins. Pure.

#include "common/messages/wire.hpp"

#include <cstddef>

namespace stalewatch {

/// Room in one message for the elements of its lists, by their encoded size.
class Piece {
 public:
  /// Takes room for one more element; false when that belongs to the next message. The first always
  /// finds room.
  bool take(std::size_t bytes) {
    const bool fits = bytes_ + bytes <= room && elements_ < piece_elements;
    if (elements_ > 0 && !fits) return false;
    bytes_ += bytes;
    ++elements_;
    return true;
  }

  bool empty() const { return elements_ == 0; }

 private:
  /// What is left for the elements beside the message's other fields, which are some 300 bytes.
  static constexpr std::size_t room = piece_bytes - 1024;

  std::size_t bytes_ = 0;
  std::size_t elements_ = 0;
};

}  // namespace stalewatch
