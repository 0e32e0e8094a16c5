#include "recorder/part_size.hpp"

#include <algorithm>

namespace stalewatch::recorder {

std::size_t PartSize::of(std::size_t waiting) const { return std::min(waiting, most_); }

void PartSize::stored() {
  failures_ = 0;
  if (most_ == unlimited) return;
  most_ += too_much_ ? std::max<std::size_t>(1, most_ / 8) : most_;
  if (most_ < largest) return;
  most_ = unlimited;
  too_much_ = false;
}

void PartSize::refused(std::size_t part) {
  failures_ = 0;
  most_ = std::max<std::size_t>(1, part / 2);
}

void PartSize::failed(std::size_t part) {
  if (++failures_ < 2) return;
  refused(part);
  too_much_ = true;
}

}  // namespace stalewatch::recorder
