#include "common/config/environment.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace stalewatch {
namespace {

/// Secrets are short; a longer file is the wrong one.
constexpr std::size_t max_secret_file = 64 * 1024;
/// What one value may become by expansion.
constexpr std::size_t max_expanded = 1 << 20;
constexpr int max_nesting = 8;

bool starts_name(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool in_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

/// The position of the brace that closes the one before `from`; npos when there is none.
std::size_t closing_brace(std::string_view text, std::size_t from) {
  int depth = 1;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

Result<std::string> expand(std::string_view text, const ConfigEnvironment& environment,
                           int nesting);

/// What stands between the braces: NAME, NAME:-default, NAME-default, NAME:?message, NAME?message.
Result<std::string> expand_one(std::string_view inner, const ConfigEnvironment& environment,
                               int nesting) {
  std::size_t end = 0;
  while (end < inner.size() && in_name(inner[end])) ++end;
  const std::string name(inner.substr(0, end));
  if (name.empty() || !starts_name(name[0]))
    return Error{"\"${" + escape_untrusted(inner, 60) +
                 "}\" is no variable; write $${ for a literal ${"};
  std::string_view rest = inner.substr(end);
  auto value = environment.variable(name);
  if (!rest.empty() && rest[0] == ':') {
    rest.remove_prefix(1);
    if (rest.empty() || (rest[0] != '-' && rest[0] != '?'))
      return Error{"\"${" + name + ":\" must go on with - and a default, or ? and a message"};
    if (value && value->empty()) value.reset();
  }
  if (!rest.empty() && rest[0] != '-' && rest[0] != '?')
    return Error{"\"${" + escape_untrusted(inner, 60) +
                 "}\" is not understood; only ${VAR}, ${VAR:-default} and ${VAR:?message} are"};
  if (value) return *value;
  if (rest.empty())
    return Error{"the environment variable " + name + " is not set; write ${" + name +
                 ":-} where it may be empty, $${" + name + "} where it is no variable"};
  if (rest[0] == '-') return expand(rest.substr(1), environment, nesting + 1);
  const std::string message = rest.size() == 1 ? "is not set" : escape_untrusted(rest.substr(1));
  return Error{"the environment variable " + name + ": " + message};
}

Result<std::string> expand(std::string_view text, const ConfigEnvironment& environment,
                           int nesting) {
  if (nesting > max_nesting) return Error{"${...} nested too deeply"};
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '$' || (next != '$' && next != '{')) {
      result += text[i];
      continue;
    }
    ++i;
    if (next == '$') {
      result += '$';
      continue;
    }
    const std::size_t end = closing_brace(text, i + 1);
    if (end == std::string_view::npos)
      return Error{"a \"${\" has no \"}\"; write $${ for a literal ${"};
    auto value = expand_one(text.substr(i + 1, end - i - 1), environment, nesting);
    if (!value) return value;
    result += *value;
    if (result.size() > max_expanded) return Error{"becomes too long by ${...}"};
    i = end;
  }
  return result;
}

}  // namespace

ConfigEnvironment process_environment() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            if (value == nullptr) return std::nullopt;
            return value;
          },
          .file = [](const std::string& path) { return read_whole_file(path, max_secret_file); }};
}

Result<std::string> read_whole_file(const std::string& path, std::size_t max) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return Error{"is a directory"};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{std::strerror(errno)};
  std::string content;
  constexpr std::size_t piece = 64 * 1024;
  while (file) {
    const std::size_t have = content.size();
    content.resize(have + piece);
    file.read(content.data() + have, piece);
    content.resize(have + static_cast<std::size_t>(file.gcount()));
    if (content.size() > max) return Error{"is larger than " + std::to_string(max) + " bytes"};
  }
  if (file.bad()) return Error{"cannot be read"};
  return content;
}

Result<std::string> expand_variables(std::string_view text, const ConfigEnvironment& environment) {
  if (text.find('$') == std::string_view::npos) return std::string(text);
  return expand(text, environment, 0);
}

bool has_ambiguous_dollars(std::string_view text) {
  for (std::size_t at = text.find('$'); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_not_of('$', at), text.size());
    if (end - at == 2 && !text.substr(end).starts_with('{')) return true;
    at = text.find('$', end);
  }
  return false;
}

std::string absolute_path(const std::string& path) {
  std::error_code error;  // the working directory is gone
  const auto absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

std::string state_directory(const ConfigEnvironment& environment) {
  const auto get = [&](const char* name) { return environment.variable(name).value_or(""); };
  if (const auto own = get("STALEWATCH_STATE_DIR"); !own.empty()) return own;
  if (const auto systemd = get("STATE_DIRECTORY"); !systemd.empty())
    return systemd.substr(0, systemd.find(':'));
  if (const auto xdg = get("XDG_STATE_HOME"); !xdg.empty()) return xdg + "/stalewatch";
  if (const auto home = get("HOME"); !home.empty()) return home + "/.local/state/stalewatch";
  return "/var/lib/stalewatch";
}

std::string socket_directory(const ConfigEnvironment& environment) {
  return absolute_path(state_directory(environment) + "/sockets");
}

}  // namespace stalewatch
