#pragma once

// Lines on standard input, for processes that are a part of a pipe.

#include "common/base/lines.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace stalewatch {

class StandardInput {
 public:
  /// Lines of more bytes come as ones that are cut.
  explicit StandardInput(std::size_t longest_line) : lines_(longest_line, Lines::Rest::dropped) {}

  /// Once there is something to read: the lines that are complete. At the end, or when no more can
  /// be read, the last one, too.
  std::vector<Lines::Line> read();
  /// The last line, if it has no end, of an input that is read no further.
  std::vector<Lines::Line> finish() { return lines_.finish(); }

  bool has_ended() const { return has_ended_; }
  /// Why it ended without having come to its end; else empty.
  const std::string& failure() const { return failure_; }

 private:
  Lines lines_;
  bool has_ended_ = false;
  std::string failure_;
};

}  // namespace stalewatch
