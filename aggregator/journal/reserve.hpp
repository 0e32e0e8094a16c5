#pragma once

#include <cstdint>
#include <string>

namespace stalewatch::aggregator {

/// A file of real blocks beside the journal: given up when the disk is full, so that the journal
/// can be written for a while longer.
class DiskReserve {
 public:
  /// Nothing is done yet. 0 bytes: never holds anything.
  DiskReserve(std::string path, std::int64_t bytes);

  bool wanted() const { return bytes_ > 0; }
  /// The file is there with all its blocks.
  bool held() const;
  /// Makes it, if that leaves some room: it must not be what fills the disk. What is in
  /// the way; empty: it is held.
  std::string take();
  /// Gives the space back; false when there was none to give.
  bool release();

 private:
  std::string path_;
  std::int64_t bytes_;
};

}  // namespace stalewatch::aggregator
