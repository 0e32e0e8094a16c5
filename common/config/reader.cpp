#include "common/config/reader.hpp"

#include "common/base/text.hpp"
#include "common/config/environment.hpp"
#include "common/config/walk.hpp"

#include <algorithm>
#include <tuple>

namespace stalewatch {
namespace {

/// A million servers with a few keys each; a larger file is something else.
constexpr std::size_t max_file = 512u << 20;

struct BadByte {
  YamlMark mark;
  std::string message;
};

/// Length of the UTF-8 character at `at`, 0 when there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  return length;
}

/// YAML is UTF-8 text without control characters; yaml-cpp would stop at some of them in silence.
std::optional<BadByte> find_bad_byte(std::string_view text) {
  YamlMark mark{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
    const std::size_t length = utf8_length(text, i);
    if (control || length == 0) {
      constexpr char digits[] = "0123456789abcdef";
      const std::string hex = std::string("0x") + digits[c >> 4] + digits[c & 15];
      return BadByte{mark, control
                               ? "the byte " + hex + " is not allowed in YAML"
                               : "the byte " + hex + " is not UTF-8 text; save the file as UTF-8"};
    }
    i += length;
    ++mark.column;
    if (c == '\n') mark = {mark.line + 1, 1};
  }
  return std::nullopt;
}

bool in_line_order(const ConfigError& a, const ConfigError& b) {
  return std::tie(a.line, a.column) < std::tie(b.line, b.column);
}

void finish(ConfigWalk& walk) {
  for (const ConfigSection* section : config_sections())
    if (section->finish != nullptr) section->finish(walk);
}

}  // namespace

std::string to_string(const ConfigError& error) {
  std::string text = error.file;
  if (error.line != 0)
    text += ":" + std::to_string(error.line) + ":" + std::to_string(error.column);
  if (!error.path.empty()) text += ": " + error.path;
  return text + ": " + error.message + (error.known.empty() ? "" : "; known here: " + error.known);
}

std::string line_of(const std::string& program, const ConfigError& error) {
  return (error.line == 0 ? program + ": " : "") + to_string(error);
}

std::variant<Config, std::vector<ConfigError>> read_config(const std::string& path,
                                                           ConfigUser user) {
  auto text = read_whole_file(path, max_file);
  if (!text) return std::vector<ConfigError>{{path, 0, 0, "", text.error()}};
  return parse_config(*text, path, process_environment(), user);
}

std::variant<Config, std::vector<ConfigError>> parse_config(const std::string& text,
                                                            const std::string& name) {
  return parse_config(text, name, process_environment());
}

std::variant<Config, std::vector<ConfigError>> parse_config(const std::string& text,
                                                            const std::string& name,
                                                            const ConfigEnvironment& environment,
                                                            ConfigUser user) {
  if (const auto bad = find_bad_byte(text))
    return std::vector<ConfigError>{{name, bad->mark.line, bad->mark.column, "", bad->message}};
  ConfigWalk walk(name, user, environment);
  walk.draft.config.file = name;
  const YamlListener listener{
      .section = [&](const YamlEntry& entry) { walk.section(entry); },
      .streamed_entry = [&](const YamlEntry& entry) { walk.server(entry); },
      .streamed_begin = [&](YamlMark mark) { walk.servers_begin(mark); },
      .error = [&](YamlMark mark, const std::string& path,
                   const std::string& message) { walk.error(mark, path, message); }};
  const bool whole = read_yaml(text, "servers", listener);
  if (whole || walk.errors.empty()) finish(walk);
  if (walk.errors.empty()) return std::move(walk.draft.config);
  std::stable_sort(walk.errors.begin(), walk.errors.end(), in_line_order);
  const auto same = [](const ConfigError& a, const ConfigError& b) {
    return std::tie(a.line, a.column, a.message) == std::tie(b.line, b.column, b.message);
  };  // one mistake that many servers merge in is one error
  walk.errors.erase(std::unique(walk.errors.begin(), walk.errors.end(), same), walk.errors.end());
  return std::move(walk.errors);
}

Config default_config() {
  const ConfigEnvironment environment = process_environment();
  ConfigWalk nothing("", ConfigUser::command, environment);
  finish(nothing);
  return std::move(nothing.draft.config);
}

}  // namespace stalewatch
