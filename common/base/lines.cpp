#include "common/base/lines.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch {

std::vector<Lines::Line> Lines::feed(std::string_view bytes) {
  std::vector<Line> lines;
  for (std::size_t end; (end = bytes.find('\n')) != bytes.npos; bytes.remove_prefix(end + 1)) {
    append(bytes.substr(0, end), lines);
    lines.push_back(take());
  }
  append(bytes, lines);
  return lines;
}

std::vector<Lines::Line> Lines::finish() {
  if (line_ == Line{}) return {};
  return {take()};
}

void Lines::append(std::string_view bytes, std::vector<Line>& lines) {
  while (!bytes.empty()) {
    const std::size_t room = longest_ - line_.text.size();
    if (room == 0 && rest_ == Rest::dropped) {
      line_.is_cut = true;
      return;
    }
    if (room == 0) lines.push_back(std::exchange(line_, {}));
    const std::size_t taken = std::min(bytes.size(), room == 0 ? longest_ : room);
    line_.text += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
  }
}

Lines::Line Lines::take() {
  if (line_.text.ends_with('\r')) line_.text.pop_back();
  return std::exchange(line_, {});
}

}  // namespace stalewatch
