#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch {

/// Cuts a stream of bytes into lines, in whatever pieces they come, and keeps no more than one line
/// of the longest kind. Pure.
class Lines {
 public:
  /// Of a line that is longer.
  enum class Rest {
    follows,  ///< as lines of their own: nothing is lost
    dropped,  ///< it comes as one that is cut
  };
  struct Line {
    std::string text;  ///< without its end ("\n" or "\r\n")
    bool is_cut = false;
    bool operator==(const Line&) const = default;
  };

  Lines(std::size_t longest, Rest rest) : longest_(longest), rest_(rest) {}

  /// The lines completed by these bytes.
  std::vector<Line> feed(std::string_view bytes);
  /// The stream is over: the last line, if it had no end.
  std::vector<Line> finish();

 private:
  void append(std::string_view bytes, std::vector<Line>& lines);
  Line take();  ///< at its end

  std::size_t longest_;
  Rest rest_;
  Line line_;
};

}  // namespace stalewatch
