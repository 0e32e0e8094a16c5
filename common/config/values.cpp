#include "common/config/values.hpp"

#include "common/base/ascii.hpp"
#include "common/base/text.hpp"
#include "common/config/file_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace stalewatch {
namespace {

/// Longest text that any key takes; addresses with long queries are the longest in practice.
constexpr std::size_t max_text = 4096;

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_number(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string quoted(std::string_view shown) { return "\"" + escape_untrusted(shown, 80) + "\""; }

Error out_of_range(const ConfigKey& key, std::string_view shown) {
  return Error{quoted(shown) + " is out of range: " + range_for_people(key)};
}

bool in_range(const ConfigKey& key, std::int64_t value) {
  return (key.min == 0 && key.max == 0) || (value >= key.min && value <= key.max);
}

Result<ConfigValue> read_duration(const ConfigKey& key, const std::string& text,
                                  std::string_view shown) {
  if (text.rfind('-', 0) == 0) return out_of_range(key, shown);
  std::string with_unit = text;
  if (is_number(text)) {
    const bool zero = text.find_first_not_of("0.") == std::string::npos;
    if (key.bare_unit.empty() && !zero)
      return Error{quoted(shown) + " has no unit; write " + escape_untrusted(shown, 20) +
                   "s for seconds, or m, h, d"};
    with_unit += key.bare_unit.empty() ? "s" : std::string(key.bare_unit);
  }
  const auto duration = parse_duration(with_unit);
  if (!duration)
    return Error{quoted(shown) + " is not a duration; write one like 200ms, 90s, 15m, 2h or 1d"};
  if (!in_range(key, to_us(*duration))) return out_of_range(key, shown);
  return ConfigValue{*duration};
}

Result<ConfigValue> read_number(const ConfigKey& key, const std::string& text,
                                std::string_view shown) {
  const auto number = parse_integer(text);
  if (number && text.size() > 1 && text[0] == '0')
    return Error{quoted(shown) + " begins with a 0; write " + std::to_string(*number)};
  if (!number) {
    if (!is_number(text) || text.find('.') != std::string::npos)
      return Error{quoted(shown) + " is not a whole number"};
    return out_of_range(key, shown);
  }
  if (!in_range(key, *number)) return out_of_range(key, shown);
  return ConfigValue{*number};
}

Result<ConfigValue> read_size(const ConfigKey& key, const std::string& text,
                              std::string_view shown) {
  const auto size = parse_size(text);
  if (!size)
    return Error{quoted(shown) + " is not a size; write one like 64KiB, 1MiB or a number of bytes"};
  if (!in_range(key, *size)) return out_of_range(key, shown);
  return ConfigValue{*size};
}

Result<ConfigValue> read_choice(const ConfigKey& key, const std::string& text,
                                std::string_view shown) {
  const std::string wanted = to_lower(text);
  std::string_view nearest;
  std::size_t distance = std::numeric_limits<std::size_t>::max();
  for (std::string_view rest = key.choices; !rest.empty();) {
    const std::string_view choice = rest.substr(0, rest.find('|'));
    rest.remove_prefix(std::min(rest.size(), choice.size() + 1));
    if (choice == wanted) return ConfigValue{wanted};
    const std::size_t d = wanted.size() > 40 ? 99 : edit_distance(wanted, choice);
    if (d < distance) {
      nearest = choice;
      distance = d;
    }
  }
  std::string message = quoted(shown) + " is none of " + range_for_people(key);
  if (distance <= 2 && nearest.size() > 2)
    message += "; did you mean " + std::string(nearest) + "?";
  return Error{message};
}

Result<ConfigValue> read_text(const ConfigKey& key, const std::string& text) {
  if (text.size() > max_text) return Error{"is longer than " + std::to_string(max_text) + " bytes"};
  const bool has_control = std::any_of(text.begin(), text.end(),
                                       [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  if (has_control) return Error{"contains a line break or another control character"};
  if (text.empty() && key.type == ConfigType::secret) return Error{"is empty"};
  if (const std::string space = lookalike_around(text); !space.empty())
    return Error{"begins or ends with " + space};
  return ConfigValue{text};
}

/// As `key`'s type wants it; nothing is said of its check.
Result<ConfigValue> read_typed(const ConfigKey& key, const std::string& text,
                               std::string_view shown) {
  switch (key.type) {
    case ConfigType::boolean: {
      if (const auto boolean = parse_boolean(text)) return ConfigValue{*boolean};
      return Error{quoted(shown) + " is neither true nor false"};
    }
    case ConfigType::duration:
      return read_duration(key, text, shown);
    case ConfigType::number:
      return read_number(key, text, shown);
    case ConfigType::size:
      return read_size(key, text, shown);
    case ConfigType::choice:
      return read_choice(key, text, shown);
    default:
      return read_text(key, text);
  }
}

/// Whether a value is followed by words, as by a comment whose # was forgotten: "60   seconds of
/// pause". One word may be a unit.
bool goes_on_in_words(const ConfigKey& key, const std::string& text) {
  const std::size_t end = text.find(' ');
  if (end == std::string::npos) return false;
  const std::size_t second = text.find_first_not_of(' ', end);
  const bool words = second != std::string::npos && text.find(' ', second) != std::string::npos;
  const std::string first = text.substr(0, end);
  return words && static_cast<bool>(read_typed(key, first, first));
}

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text) {
  constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"", 1},        {"b", 1},         {"k", 1 << 10},      {"kib", 1 << 10},
      {"kb", 1000},   {"m", 1 << 20},   {"mib", 1 << 20},    {"mb", 1000'000},
      {"g", 1 << 30}, {"gib", 1 << 30}, {"gb", 1000'000'000}};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_integer(text.substr(0, digits));
  if (!number) return std::nullopt;
  text.remove_prefix(digits);
  while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
  const std::string unit = to_lower(text);
  for (const auto& [name, factor] : units)
    if (unit == name && *number <= std::numeric_limits<std::int64_t>::max() / factor)
      return *number * factor;
  return std::nullopt;
}

std::string format_size(std::int64_t bytes) {
  constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}};
  for (const auto& [name, factor] : units)
    if (bytes >= factor && bytes % factor == 0)
      return std::to_string(bytes / factor) + std::string(name);
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

std::optional<bool> parse_boolean(std::string_view text) {
  const std::string word = to_lower(text);
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

std::optional<std::string> parse_level(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> levels[] = {
      {"trace", "trace"},    {"notset", "trace"}, {"debug", "debug"},     {"10", "debug"},
      {"info", "info"},      {"20", "info"},      {"warning", "warning"}, {"warn", "warning"},
      {"30", "warning"},     {"error", "error"},  {"40", "error"},        {"critical", "critical"},
      {"fatal", "critical"}, {"50", "critical"},  {"off", "off"}};
  std::string word = to_lower(text);
  if (word.rfind("logging.", 0) == 0) word.erase(0, 8);
  for (const auto& [name, level] : levels)
    if (word == name) return std::string(level);
  return std::nullopt;
}

Result<ConfigValue> read_value(const ConfigKey& key, const std::string& text,
                               std::string_view shown) {
  Result<ConfigValue> value = read_typed(key, text, shown);
  if (!value && goes_on_in_words(key, text))
    return Error{value.error() + "; a comment needs a # of its own"};
  if (!value || key.check == nullptr) return value;
  const std::string wrong = key.check(*value);
  if (wrong.empty()) return value;
  // an @ may belong to a URL with a password that stands where none should
  const bool is_text = key.type == ConfigType::text || key.type == ConfigType::list;
  const bool quotable = is_text && !text.empty() && shown.find('@') == std::string_view::npos;
  return Error{quotable ? quoted(shown) + " " + wrong : wrong};
}

}  // namespace stalewatch
