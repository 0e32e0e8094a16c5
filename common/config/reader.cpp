#include "common/config/reader.hpp"

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "common/config/environment.hpp"
#include "common/config/file_text.hpp"
#include "common/config/walk.hpp"

#include <algorithm>
#include <tuple>

namespace stalewatch {
namespace {

/// A million servers with a few keys each; a larger file is something else.
constexpr std::size_t max_file = 512u << 20;

bool in_line_order(const ConfigError& a, const ConfigError& b) {
  return std::tie(a.line, a.column) < std::tie(b.line, b.column);
}

void finish(ConfigWalk& walk) {
  for (const ConfigSection* section : config_sections())
    if (section->finish != nullptr) section->finish(walk);
  walk.warn_of_dollars();
}

/// What cannot be seen is pointed out: in the lines that have errors, and where it turns lines into
/// something else, so that the error stands elsewhere. `errors` are in the order of the lines.
void point_out_lookalikes(const std::string& file, std::string_view text,
                          std::vector<ConfigError>& errors) {
  constexpr std::size_t most_told = 20;  // of lines that have no error yet
  std::vector<ConfigError> more;
  auto error = std::find_if(errors.begin(), errors.end(), [](const auto& e) { return e.line > 0; });
  for (int number = 1; !text.empty() && (error != errors.end() || more.size() < most_told);
       ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string found = lookalike_in(line);
    const bool told = error != errors.end() && error->line == number;
    for (; error != errors.end() && error->line == number; ++error) {
      if (found.empty()) continue;
      error->message += "; " + found;
      error->known.clear();  // the key is one of them, once its spaces are plain
    }
    if (!told && more.size() < most_told && has_lookalike_in_structure(line))
      more.push_back({file, number, 1, "", found});
  }
  errors.insert(errors.end(), more.begin(), more.end());
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
  const std::string_view content = without_byte_order_mark(text);
  if (const auto bad = find_bad_byte(content))
    return std::vector<ConfigError>{{name, bad->mark.line, bad->mark.column, "", bad->message}};
  ConfigWalk walk(name, user, environment);
  walk.draft.config.file = name;
  const YamlListener listener{
      .section = [&](const YamlEntry& entry) { walk.section(entry); },
      .streamed_entry = [&](const YamlEntry& entry) { walk.server(entry); },
      .streamed_begin = [&](YamlMark mark) { walk.servers_begin(mark); },
      .error = [&](YamlMark mark, const std::string& path,
                   const std::string& message) { walk.error(mark, path, message); }};
  const bool whole = read_yaml(content, "servers", listener);
  if (whole || walk.errors.empty()) finish(walk);
  if (walk.errors.empty()) return std::move(walk.draft.config);
  std::stable_sort(walk.errors.begin(), walk.errors.end(), in_line_order);
  const auto same = [](const ConfigError& a, const ConfigError& b) {
    return std::tie(a.line, a.column, a.message) == std::tie(b.line, b.column, b.message);
  };  // one mistake that many servers merge in is one error
  walk.errors.erase(std::unique(walk.errors.begin(), walk.errors.end(), same), walk.errors.end());
  point_out_lookalikes(name, content, walk.errors);
  std::stable_sort(walk.errors.begin(), walk.errors.end(), in_line_order);
  return std::move(walk.errors);
}

Config default_config() {
  const ConfigEnvironment environment = process_environment();
  ConfigWalk nothing("", ConfigUser::command, environment);
  finish(nothing);
  return std::move(nothing.draft.config);
}

}  // namespace stalewatch
