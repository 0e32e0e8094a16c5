#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::cli {

/// Cuts a stream of bytes into lines, as they come from a child's pipe in arbitrary pieces. A line
/// longer than the limit comes out in pieces of that size, so that a child that never ends its line
/// costs bounded memory.
class LineSplitter {
 public:
  /// Lines of more bytes than this are cut: longer than any line of ours, shorter than what makes a
  /// terminal useless.
  static constexpr std::size_t max_line = 16 * 1024;

  /// The lines completed by these bytes, without their ends ("\n" or "\r\n").
  std::vector<std::string> feed(std::string_view bytes);
  /// What is left without an end when the stream is over; nothing when it ended with a line's end.
  std::vector<std::string> finish();

 private:
  std::string rest_;
};

}  // namespace stalewatch::cli
