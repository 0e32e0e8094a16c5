#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stalewatch::cli {

/// Whether people want colour there: a terminal, unless NO_COLOR is set.
bool can_color(int fd);

/// "prober     | text\n": a line marked with who said it; `color` is an index into a small palette,
/// none when negative.
std::string marked_line(std::string_view who, std::string_view text, int color);

/// Marked lines to a file descriptor that may be slow (a stopped terminal, a pipe nobody reads):
/// what does not go out at once waits here, and the caller reads no more from its children until
/// `busy` is over.
class MarkedOutput {
 public:
  /// Colours when the descriptor is a terminal that can (NO_COLOR and TERM=dumb are honoured).
  explicit MarkedOutput(int fd);

  void line(std::string_view who, std::string_view text, int color);

  int fd() const { return fd_; }
  bool colored() const { return colored_; }
  bool busy() const { return !pending_.empty(); }
  /// Writes some of what waits; call when poll says that the descriptor takes bytes.
  void write_some();
  /// Nobody reads any more; what is written is thrown away.
  bool closed() const { return closed_; }

 private:
  int fd_;
  bool colored_;
  bool closed_ = false;
  std::string pending_;
};

}  // namespace stalewatch::cli
