#include "common/config/json_path.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace stalewatch {
namespace {

const Error empty_part{
    "has an empty part; write a path like data.lastTime or items.0.mtime, or a JSON Pointer"};
const Error several{
    "stands for several values; write one, like items.0.mtime, or items.-1.mtime for the last"};
const Error no_index{
    "has brackets around what is neither an index nor a quoted key; write a path like "
    "items.1.mtime"};
const Error unclosed{
    "has a bracket or a quote that is not closed; write a path like items.1.mtime"};
const Error no_key{
    "has a part that is no plain key; write a path like data.lastTime, or a JSON Pointer"};

bool is_index(std::string_view text) {
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return false;
  return digits.front() != '0' || text == "0";
}

/// Reads what begins with $ or a dot, or has brackets.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<Error> read() {
    if (rest_ == ".") return std::nullopt;
    const bool from_root = take("$");
    if (!from_root && !rest_.starts_with('.') && !rest_.starts_with('['))
      if (auto error = name()) return error;
    while (!rest_.empty()) {
      const bool dotted = take(".");
      if (auto error = take("[") ? bracket() : dotted ? key() : no_key) return error;
    }
    return std::nullopt;
  }

  const std::vector<std::string>& parts() const { return parts_; }

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  std::optional<Error> key() { return rest_.starts_with('"') ? quoted() : name(); }

  std::optional<Error> name() {
    const auto part = rest_.substr(0, rest_.find_first_of(".["));
    if (part.empty()) return empty_part;
    if (part == "*") return several;
    if (part.find_first_of(" |()'\"*?@,:]") != part.npos) return no_key;
    parts_.emplace_back(part);
    rest_.remove_prefix(part.size());
    return std::nullopt;
  }

  /// A key between quotes, in which a backslash stands before a quote or another backslash.
  std::optional<Error> quoted() {
    const char quote = rest_.front();
    std::string key;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        parts_.push_back(std::move(key));
        return std::nullopt;
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
      key += rest_[i];
    }
    return unclosed;
  }

  std::optional<Error> bracket() {
    if (rest_.starts_with('"') || rest_.starts_with('\'')) {
      if (auto error = quoted()) return error;
      return take("]") ? std::nullopt : std::optional(rest_.starts_with(',') ? several : unclosed);
    }
    const auto end = rest_.find(']');
    if (end == rest_.npos) return unclosed;
    const auto inside = rest_.substr(0, end);
    if (inside.empty() || inside.find_first_of("*?:,") != inside.npos) return several;
    if (!is_index(inside)) return no_index;
    parts_.emplace_back(inside);
    rest_.remove_prefix(end + 1);
    return std::nullopt;
  }

  std::string_view rest_;
  std::vector<std::string> parts_;
};

std::optional<Error> check_dotted(std::string_view path) {
  while (true) {
    const auto part = path.substr(0, path.find('.'));
    if (part.empty()) return empty_part;
    if (part == "*") return several;
    if (part.size() == path.size()) return std::nullopt;
    path.remove_prefix(part.size() + 1);
  }
}

std::string dotted(const std::vector<std::string>& parts) {
  std::string path;
  for (const auto& part : parts) path += (path.empty() ? "" : ".") + part;
  return path;
}

/// By RFC 6901, which reaches every key.
std::string pointer(const std::vector<std::string>& parts) {
  std::string path;
  for (const auto& part : parts) {
    path += '/';
    for (const char c : part) path += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return path;
}

}  // namespace

Result<std::string> plain_json_path(std::string_view written) {
  if (written.starts_with('/')) return std::string(written);
  const bool by_tool = written.starts_with("$.") || written.starts_with('.') || written == "$" ||
                       written.find('[') != written.npos;
  if (!by_tool) {
    if (auto error = check_dotted(written)) return *error;
    return std::string(written);
  }
  Reader reader(written);
  if (auto error = reader.read()) return *error;
  const auto& parts = reader.parts();
  const bool plain = std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return !part.empty() && part.find_first_of("./") == part.npos;
  });
  return plain ? dotted(parts) : pointer(parts);
}

}  // namespace stalewatch
