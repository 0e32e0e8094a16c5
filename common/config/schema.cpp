#include "common/config/schema.hpp"

#include "common/config/values.hpp"

namespace stalewatch {
namespace {

void add(ConfigSchema& root, std::string_view path, const ConfigKey& key,
         const ConfigSection& section) {
  ConfigSchema* at = &root;
  while (true) {
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) break;
    at = &at->children[std::string(path.substr(0, dot))];
    path.remove_prefix(dot + 1);
  }
  const auto leaf = [&](std::string_view name, bool from_file = false) {
    ConfigSchema& made = at->children[std::string(name)];
    made.key = &key;
    made.section = &section;
    made.from_file = from_file;
  };
  leaf(path);
  if (!key.old_spelling.empty()) leaf(key.old_spelling);
  if (key.type == ConfigType::secret) leaf(std::string(path) + "_file", true);
}

ConfigSchema build() {
  constexpr std::string_view one_server = "servers.X.";
  ConfigSchema root;
  for (const ConfigSection* section : config_sections()) {
    for (const ConfigKey& key : section->keys) {
      const bool servers = key.path.starts_with(one_server);
      add(root,
          servers ? "servers." + std::string(key.path.substr(one_server.size()))
                  : std::string(key.path),
          key, *section);
    }
    if (section->path != "defaults") continue;
    for (const ConfigKey& key : server_keys()) {
      const std::string name(key.path.substr(one_server.size()));
      // an address or a name is one server's
      if (name != "address" && name != "name") add(root, "defaults." + name, key, *section);
    }
  }
  return root;
}

std::string with_or(std::string_view choices) {
  std::string text(choices);
  const std::size_t last = text.rfind('|');
  if (last != std::string::npos) text.replace(last, 1, " or ");
  for (std::size_t i = 0; (i = text.find('|', i)) != std::string::npos;) text.replace(i, 1, ", ");
  return text;
}

}  // namespace

const ConfigSchema& config_schema() {
  static const ConfigSchema schema = build();
  return schema;
}

std::string type_for_people(const ConfigKey& key) {
  switch (key.type) {
    case ConfigType::text:
      return "text";
    case ConfigType::url:
      return "URL";
    case ConfigType::secret:
      return "secret text";
    case ConfigType::boolean:
      return "true or false";
    case ConfigType::duration:
      return "duration";
    case ConfigType::number:
      return "number";
    case ConfigType::size:
      return "size";
    case ConfigType::choice:
      return "choice";
    case ConfigType::path:
      return "path";
    case ConfigType::list:
      return "list of texts";
    case ConfigType::headers:
      return "map of headers";
  }
  return "";
}

std::string range_for_people(const ConfigKey& key) {
  if (key.type == ConfigType::choice) return with_or(key.choices);
  if (key.min == 0 && key.max == 0) return "";
  switch (key.type) {
    case ConfigType::duration: {
      const std::string low = key.min == 0 ? "0" : format_duration_exact(Duration{key.min});
      return low + " to " + format_duration_exact(Duration{key.max});
    }
    case ConfigType::size:
      return format_size(key.min) + " to " + format_size(key.max);
    case ConfigType::list:
      return std::to_string(key.min) + " to " + std::to_string(key.max) + " texts";
    default:
      return std::to_string(key.min) + " to " + std::to_string(key.max);
  }
}

}  // namespace stalewatch
