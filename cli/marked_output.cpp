#include "cli/marked_output.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>

namespace stalewatch::cli {
namespace {

constexpr std::size_t mark_width = 10;  // "aggregator"
constexpr std::array colors = {"\x1b[36m", "\x1b[32m", "\x1b[35m", "\x1b[34m", "\x1b[33m"};

}  // namespace

bool can_color(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  return isatty(fd) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

std::string marked_line(std::string_view who, std::string_view text, int color) {
  std::string mark(who);
  mark.resize(std::max(mark_width, mark.size()), ' ');
  mark += " |";
  if (color >= 0)
    mark = colors.at(static_cast<std::size_t>(color) % colors.size()) + mark + "\x1b[0m";
  return mark + ' ' + std::string(text) + '\n';
}

MarkedOutput::MarkedOutput(int fd) : fd_(fd), colored_(can_color(fd)) {}

void MarkedOutput::line(std::string_view who, std::string_view text, int color) {
  if (!closed_) pending_ += marked_line(who, text, colored_ ? color : -1);
}

void MarkedOutput::write_some() {
  if (pending_.empty()) return;
  // No more than a pipe that polls writable takes without blocking.
  const ssize_t written =
      write(fd_, pending_.data(), std::min<std::size_t>(pending_.size(), PIPE_BUF));
  if (written >= 0) {
    pending_.erase(0, static_cast<std::size_t>(written));
  } else if (errno != EAGAIN && errno != EINTR) {
    closed_ = true;
    pending_.clear();
  }
}

}  // namespace stalewatch::cli
