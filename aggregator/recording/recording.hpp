#pragma once

#include "aggregator/core.hpp"
#include "aggregator/recording/file.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace stalewatch::aggregator {

/// --record: what the core is told is written to a file, from now on.
struct RecordOptions {
  std::string file;  ///< empty: nothing is recorded
  int size = 64;     ///< MiB of inputs in a file, before the next one is begun
};

class Recording {
 public:
  /// Throws std::runtime_error when the file cannot be written. The core must outlive it.
  Recording(Core& core, const RecordOptions& options);
  ~Recording();

  /// Once a second, between two turns: hands what was recorded to the file system, and begins the
  /// next file when this one is full. Should that fail it is told, and nothing more is recorded.
  void look();

 private:
  Core& core_;
  RecordingFile file_;
  bool on_ = true;
};

}  // namespace stalewatch::aggregator
