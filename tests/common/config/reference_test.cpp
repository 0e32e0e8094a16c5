// docs/configuration.md, the table of keys and the code's defaults say the same.

#include "common/config/environment.hpp"
#include "common/config/reader.hpp"
#include "common/config/schema.hpp"
#include "tests/catch.hpp"

#include <iostream>
#include <set>
#include <sstream>

namespace stalewatch {
namespace {

std::vector<const ConfigKey*> all_keys() {
  std::vector<const ConfigKey*> keys;
  for (const ConfigSection* section : config_sections())
    for (const auto& key : section->keys) keys.push_back(&key);
  return keys;
}

std::string last_part(const ConfigKey& key) {
  return std::string(key.path.substr(key.path.rfind('.') + 1));
}

/// A key's row of the page.
std::string row(const ConfigKey& key) {
  const std::string name = last_part(key);
  std::string first = "`" + std::string(key.path) + "`";
  if (!key.old_spelling.empty()) first += ", `" + std::string(key.old_spelling) + "`";
  std::string type = type_for_people(key);
  if (key.type == ConfigType::secret) type += "; or `" + name + "_file`";
  if (!key.bare_unit.empty())
    type += key.bare_unit == "m" ? "; a bare number: minutes" : "; a bare number: seconds";
  const bool in_words = key.initial[0] == '(';
  const std::string initial(in_words ? key.initial.substr(1, key.initial.size() - 2) : key.initial);
  return "| " + first + " | " + type + " | " + (in_words ? initial : "`" + initial + "`") + " | " +
         range_for_people(key) + " | " + std::string(key.meaning) + " | `" + name + ": " +
         std::string(key.example) + "` |";
}

/// A file that gives a key a value, with all that the key needs beside it.
std::string file_with(const ConfigKey& key, std::string_view value) {
  std::map<std::string, std::map<std::string, std::string>> sections = {
      {"servers.X", {{"address", "http://a/"}}}};
  const std::size_t dot = key.path.rfind('.');
  const std::string section(key.path.substr(0, dot));
  auto& own = sections[section];
  for (const ConfigKey* other : all_keys())
    if (other->initial == "(required)" && other->path.substr(0, other->path.rfind('.')) == section)
      own[last_part(*other)] = other->example;
  if (section == "servers.X.tls") own = {{"cert_file", "cert.pem"}, {"key_file", "key.pem"}};
  if (section == "credentials.DB.tls") {
    own = {{"mode", "verify-full"}, {"cert_file", "cert.pem"}, {"key_file", "key.pem"}};
    sections["credentials.DB"] = {
        {"engine", "mysql"}, {"username", "user"}, {"db", "rows"}, {"address", "db.example"}};
  }
  if (section == "credentials.DB" && last_part(key) != "url") {
    own = {{"engine", "mysql"}, {"username", "user"}, {"db", "rows"}};
    const std::string name = last_part(key);
    if (name == "port") own["host"] = "db.example";
    if (name != "address" && name != "host" && name != "port" && name != "socket")
      own["address"] = "db.example";
  }
  own[last_part(key)] = value;
  std::string text;
  std::set<std::string> open;
  for (const auto& [path, values] : sections) {
    std::string indent, begun;
    std::istringstream parts(path);
    for (std::string part; std::getline(parts, part, '.'); indent += "  ") {
      begun += part + ".";
      if (open.insert(begun).second) text += indent + part + ":\n";
    }
    for (const auto& [name, one] : values) text += indent + name + ": " + one + "\n";
  }
  return text;
}

/// The same without the line of the key itself.
std::string file_without(const ConfigKey& key, std::string_view value) {
  std::string text = file_with(key, value);
  const std::size_t line = text.find(" " + last_part(key) + ": " + std::string(value) + "\n");
  REQUIRE(line != std::string::npos);
  const std::size_t begin = text.rfind('\n', line) + 1;
  return text.erase(begin, text.find('\n', line) + 1 - begin);
}

std::variant<Config, std::vector<ConfigError>> read(const std::string& text) {
  const ConfigEnvironment empty{
      .variable = [](const std::string&) { return std::nullopt; },
      .file = [](const std::string&) -> Result<std::string> { return Error{"no files here"}; }};
  return parse_config(text, "test.yaml", empty);
}

Config good(const std::string& text) {
  INFO(text);
  const auto result = read(text);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result))
    FAIL(to_string((*errors)[0]));
  return std::get<Config>(result);
}

TEST_CASE("the reference page has a row for every key, and no other", "[config]") {
  const auto page = read_whole_file(CONFIG_PAGE, 1 << 20);
  REQUIRE(page);
  std::set<std::string> rows;
  std::istringstream lines(*page);
  bool in_table = false, of_keys = false;
  for (std::string line; std::getline(lines, line);) {
    const bool is_row = line.starts_with("|");
    if (is_row && !in_table) of_keys = line.starts_with("| key |");
    in_table = is_row;
    if (of_keys && line.starts_with("| `")) rows.insert(line);
  }
  for (const ConfigKey* key : all_keys()) {
    INFO(key->path);
    const bool there = rows.erase(row(*key)) == 1;
    CHECK(there);
    if (!there) std::cerr << row(*key) << "\n";  // as a line of its own, to be copied
  }
  for (const auto& line : rows)
    FAIL_CHECK("docs/configuration.md has a row that no key has: " << line);
}

TEST_CASE("each key stands in its section", "[config]") {
  for (const ConfigSection* section : config_sections())
    for (const auto& key : section->keys)
      CHECK(key.path.starts_with(std::string(section->path) + "."));
}

TEST_CASE("no two keys have the same path", "[config]") {
  std::set<std::string_view> paths;
  for (const ConfigKey* key : all_keys()) CHECK(paths.insert(key->path).second);
}

TEST_CASE("every default of the table is the code's default", "[config]") {
  for (const ConfigKey* key : all_keys()) {
    if (key->initial[0] == '(') continue;
    INFO(key->path);
    const Config with = good(file_with(*key, key->initial));
    CHECK(with == good(file_without(*key, key->initial)));
  }
}

TEST_CASE("every example of the table is read, and makes a difference", "[config]") {
  for (const ConfigKey* key : all_keys()) {
    INFO(key->path);
    const Config with = good(file_with(*key, key->example));
    const auto without = read(file_without(*key, key->example));
    const bool needed = !std::holds_alternative<Config>(without);
    CHECK((needed || std::get<Config>(without) != with));
  }
}

TEST_CASE("each key of the page is read from the place that the page says", "[config]") {
  for (const ConfigKey* key : all_keys()) {
    INFO(key->path);
    const ConfigSchema* at = &config_schema();
    std::string path(key->path);
    if (path.rfind("servers.X.", 0) == 0) path.erase(8, 2);
    std::istringstream parts(path);
    for (std::string part; std::getline(parts, part, '.');) {
      REQUIRE(at->children.count(part) == 1);
      at = &at->children.find(part)->second;
    }
    CHECK(at->key == key);
  }
}

}  // namespace
}  // namespace stalewatch
