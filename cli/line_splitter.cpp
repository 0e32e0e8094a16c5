#include "cli/line_splitter.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch::cli {

std::vector<std::string> LineSplitter::feed(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::size_t length = std::min({end, bytes.size(), max_line - rest_.size()});
    rest_ += bytes.substr(0, length);
    bytes.remove_prefix(length);
    const bool ended = !bytes.empty() && bytes.front() == '\n';
    if (!ended && rest_.size() < max_line) break;
    if (ended) bytes.remove_prefix(1);
    if (ended && !rest_.empty() && rest_.back() == '\r') rest_.pop_back();
    lines.push_back(std::exchange(rest_, {}));
  }
  return lines;
}

std::vector<std::string> LineSplitter::finish() {
  if (rest_.empty()) return {};
  return {std::exchange(rest_, {})};
}

}  // namespace stalewatch::cli
