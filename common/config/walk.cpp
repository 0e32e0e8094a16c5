#include "common/config/walk.hpp"

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "common/config/file_text.hpp"
#include "common/config/suggestions.hpp"
#include "common/config/values.hpp"

#include <algorithm>

namespace stalewatch {
namespace {

/// More errors, or warnings, are of no use to a person, and a file of garbage must not become
/// gigabytes of messages.
constexpr std::size_t max_told = 1000;
constexpr std::size_t max_key_shown = 100;
constexpr std::string_view file_suffix = "_file";

/// Who tells what is worth telling of a key, so that of all processes that read the file one does:
/// who needs its section, and where all do, who decides.
ConfigUser tellers_of(std::string_view path) {
  constexpr ConfigUser deciding = ConfigUser::aggregator | ConfigUser::standalone_prober;
  for (const ConfigSection* section : config_sections()) {
    const std::string_view name = section->path.substr(0, section->path.find(".X"));
    if (path.starts_with(name) && section->needed_by != ConfigUser::everybody)
      return section->needed_by;
  }
  return deciding;
}

std::size_t server_key_index(const ConfigKey& key) {
  return static_cast<std::size_t>(&key - server_keys().data());
}

}  // namespace

std::string ConfigPath::text() const {
  const std::string own = escape_untrusted(name, max_key_shown);
  if (parent == nullptr || parent->name.empty()) return own;
  return parent->text() + "." + own;
}

void ConfigWalk::error(YamlMark mark, const std::string& path, const std::string& message,
                       const std::string& known) {
  if (errors.size() < max_told)
    errors.push_back({file_, mark.line, mark.column, path, message, known});
  else if (errors.size() == max_told)
    errors.push_back({file_, mark.line, mark.column, "", "and more; no further errors are shown"});
}

void ConfigWalk::warn(YamlMark mark, const std::string& path, const std::string& message) {
  if (!is_for(tellers_of(path))) return;
  auto& warnings = draft.config.warnings;
  if (warnings.size() < max_told)
    warnings.push_back(to_string({file_, mark.line, mark.column, path, message}));
  else if (warnings.size() == max_told)
    warnings.push_back("and more; no further warnings are shown");
}

YamlMark ConfigWalk::mark_of(const std::string& section, const std::string& key) const {
  auto found = marks.find(section + "." + key);
  if (found == marks.end()) found = marks.find(section);
  return found == marks.end() ? YamlMark{} : found->second;
}

void ConfigWalk::note_dollars(const YamlNode& node, const ConfigPath& path) {
  const bool doubled = node.text.find("$$") != std::string::npos;
  if ((!doubled && node.text.find("${") == std::string::npos) || dollars_.size() > max_told) return;
  dollars_.push_back({node.mark, path.text(), has_ambiguous_dollars(node.text), doubled});
}

void ConfigWalk::warn_of_dollars() {
  for (const Dollars& one : dollars_) {
    if (!one.ambiguous && !has_old_spelling_) continue;
    warn(one.mark, one.path,
         one.doubled
             ? "\"$$\" stands for one \"$\"; write \"$$$$\" if two are meant, or \"$\" if one is"
             : "\"${\" begins a variable, as it did not for the script; write \"$${\" if none "
               "is meant");
  }
}

bool ConfigWalk::told(std::string_view path) const {
  return std::any_of(errors.begin(), errors.end(),
                     [&](const ConfigError& e) { return e.path.starts_with(path); });
}

void ConfigWalk::section(const YamlEntry& entry) {
  const ConfigPath path{nullptr, entry.key};
  if (entry.key.rfind("x-", 0) == 0) return;  // a place for anchors
  if (entry.key == "servers") return whole_servers(entry);
  const auto known = config_schema().children.find(entry.key);
  if (known == config_schema().children.end()) return unknown(config_schema(), entry, ConfigPath{});
  marks.emplace(entry.key, entry.mark);
  if (entry.value->kind == YamlNode::Kind::null) return;
  if (entry.key != "defaults")
    return map(known->second, *entry.value, path, &ConfigWalk::store_general);
  defaults.resize(server_keys().size());
  map(known->second, *entry.value, path, &ConfigWalk::store_default);
}

/// `servers:` that does not come in pieces: an alias of a map, or no map at all.
void ConfigWalk::whole_servers(const YamlEntry& entry) {
  const YamlNode& value = *entry.value;
  servers_mark = entry.mark;
  for (const auto& one : value.entries) server(one);
  servers_wrong = value.kind != YamlNode::Kind::map && value.kind != YamlNode::Kind::null;
  if (servers_wrong)
    error(value.mark, "servers",
          "is " + std::string(kind_for_people(value)) +
              "; write a map: below it, indented, a name and a colon, below that its address");
}

void ConfigWalk::server(const YamlEntry& entry) {
  const ConfigPath servers{nullptr, "servers"};
  const ConfigPath path{&servers, entry.key};
  const std::size_t errors_before = errors.size();
  ServerConfig server;
  server.key = entry.key;
  draft.server = &server;
  records.emplace_back();
  records.back().mark = entry.mark;
  if (const auto wrong = read_value(*config_schema().children.at("servers").children.at("name").key,
                                    entry.key, entry.key);
      !wrong)
    error(entry.mark, path.text(), "the server's name " + wrong.error());
  if (entry.value->kind == YamlNode::Kind::map)
    map(config_schema().children.at("servers"), *entry.value, path, &ConfigWalk::store_server);
  else
    error(entry.mark, path.text(),
          (entry.value->kind == YamlNode::Kind::null
               ? "has no settings"
               : "is " + std::string(kind_for_people(*entry.value))) +
              "; write its settings below it, indented, at least its address");
  records.back().wrong = errors.size() != errors_before;
  draft.server = nullptr;
  draft.config.servers.push_back(std::move(server));
}

void ConfigWalk::map(const ConfigSchema& schema, const YamlNode& node, const ConfigPath& path,
                     Store store) {
  if (node.kind != YamlNode::Kind::map) {
    error(node.mark, path.text(),
          "is " + std::string(kind_for_people(node)) +
              "; here belong further lines, indented: " + known_keys(schema));
    return;
  }
  std::vector<Taken> taken;
  for (const YamlEntry& one : node.entries) entry(schema, one, path, store, taken);
}

void ConfigWalk::entry(const ConfigSchema& schema, const YamlEntry& entry, const ConfigPath& path,
                       Store store, std::vector<Taken>& taken) {
  const auto known = schema.children.find(entry.key);
  if (known == schema.children.end()) return unknown(schema, entry, path);
  const ConfigPath here{&path, entry.key};
  if (known->second.key == nullptr) {
    marks.emplace(here.text(), entry.mark);
    if (entry.value->kind != YamlNode::Kind::null) map(known->second, *entry.value, here, store);
    return;
  }
  const ConfigKey& key = *known->second.key;
  if (entry.key == key.old_spelling) has_old_spelling_ = true;
  for (const Taken& other : taken) {
    if (other.key != &key) continue;
    error(entry.mark, here.text(),
          "is given already, as " + other.name + " in line " + std::to_string(other.mark.line) +
              "; remove one");
    return;
  }
  taken.push_back({&key, entry.key, entry.mark});
  if (auto read = value(known->second, *entry.value, entry.mark, here))
    (this->*store)(key, *read, entry.mark);
}

void ConfigWalk::unknown(const ConfigSchema& schema, const YamlEntry& entry,
                         const ConfigPath& path) {
  std::string message = "unknown key", known;
  if (const auto near = nearest_key(schema, entry.key); !near.empty())
    message += "; did you mean " + near + "?";
  else if (const auto other = key_elsewhere(entry.key); !other.empty())
    message += " here; there is " + other;
  else if (const auto part = nearest_part(schema, entry.key); !part.empty())
    message += "; did you mean " + part + "?";
  else
    known = known_keys(schema);
  error(entry.mark, ConfigPath{&path, entry.key}.text(), message, known);
}

std::optional<ConfigValue> ConfigWalk::value(const ConfigSchema& schema, const YamlNode& node,
                                             YamlMark at, const ConfigPath& path) {
  const ConfigKey& key = *schema.key;
  if (node.kind == YamlNode::Kind::null) {
    error(at, path.text(),
          "has no value; write one (in quotes if it begins with #), or remove the line");
    return std::nullopt;
  }
  if (key.type == ConfigType::headers) return header_map(schema, node, path);
  if (key.type == ConfigType::list) return list(schema, node, path);
  if (node.kind != YamlNode::Kind::scalar) {
    error(node.mark, path.text(),
          "is " + std::string(kind_for_people(node)) +
              ", but must be a single value: " + type_for_people(key));
    return std::nullopt;
  }
  const auto content = text(schema, node, path, schema.from_file);
  if (!content) return std::nullopt;
  auto read = read_value(key, *content, node.text);
  if (read) return std::move(*read);
  error(node.mark, path.text(),
        (schema.from_file ? "the content of the file " : "") + read.error());
  return std::nullopt;
}

std::optional<ConfigValue> ConfigWalk::list(const ConfigSchema& schema, const YamlNode& node,
                                            const ConfigPath& path) {
  const ConfigKey& key = *schema.key;
  if (node.kind != YamlNode::Kind::sequence) {
    error(node.mark, path.text(),
          "is " + std::string(kind_for_people(node)) + ", but must be a list like " +
              std::string(key.example));
    return std::nullopt;
  }
  const auto size = static_cast<std::int64_t>(node.items.size());
  if (size < key.min || size > key.max) {
    error(node.mark, path.text(),
          "has " + std::to_string(size) + " texts; possible are " + range_for_people(key));
    return std::nullopt;
  }
  std::vector<std::string> texts;
  bool complete = true;
  const auto wrong = [&](YamlMark mark, const std::string& message) {
    error(mark, path.text(), message);
    complete = false;
  };
  for (const auto& item : node.items) {
    if (item->kind != YamlNode::Kind::scalar) {
      wrong(item->mark, "has " + std::string(kind_for_people(*item)) +
                            " in it, but must be a list of single values");
      continue;
    }
    const auto content = text(schema, *item, path, false);
    if (!content) return std::nullopt;
    const auto read = read_value(key, *content, item->text);
    if (!read)
      wrong(item->mark, read.error());
    else if (std::find(texts.begin(), texts.end(), *content) != texts.end())
      wrong(item->mark, "has \"" + escape_untrusted(item->text, 80) + "\" twice; remove one");
    else
      texts.push_back(*content);
  }
  if (!complete) return std::nullopt;
  return texts;
}

std::optional<ConfigValue> ConfigWalk::header_map(const ConfigSchema& schema, const YamlNode& node,
                                                  const ConfigPath& path) {
  if (node.kind != YamlNode::Kind::map) {
    error(node.mark, path.text(),
          "is " + std::string(kind_for_people(node)) +
              ", but must be a map: a header's name, a colon, its value");
    return std::nullopt;
  }
  std::map<std::string, Secret> headers;
  bool complete = true;
  for (const YamlEntry& one : node.entries) {
    const ConfigPath here{&path, one.key};
    const bool from_file = one.key.size() > file_suffix.size() && one.key.ends_with(file_suffix);
    const std::string name =
        from_file ? one.key.substr(0, one.key.size() - file_suffix.size()) : one.key;
    if (one.value->kind != YamlNode::Kind::scalar) {
      error(one.mark, here.text(),
            "is " + std::string(kind_for_people(*one.value)) + ", but must be a single value");
      complete = false;
      continue;
    }
    const auto content = text(schema, *one.value, here, from_file);
    if (!content) {
      complete = false;
      continue;
    }
    if (content->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      error(one.mark, here.text(), "contains a line break");
      complete = false;
    } else if (!headers.emplace(name, Secret(*content)).second) {
      error(one.mark, here.text(), "is given twice, directly and by a file; remove one");
    }
  }
  const ConfigValue read{std::move(headers)};
  if (const std::string wrong = schema.key->check(read); !wrong.empty()) {
    error(node.mark, path.text(), wrong);
    return std::nullopt;
  }
  if (!complete) return std::nullopt;
  return read;
}

std::optional<std::string> ConfigWalk::text(const ConfigSchema& schema, const YamlNode& node,
                                            const ConfigPath& path, bool from_file) {
  note_dollars(node, path);
  auto expanded = expand_variables(node.text, environment_);
  if (!expanded) return cannot_have(schema, node.mark, path, expanded.error());
  if (!from_file) return std::move(*expanded);
  auto content = environment_.file(*expanded);  // its name may be a secret put there by mistake
  if (!content)
    return cannot_have(schema, node.mark, path,
                       "cannot read " + escape_untrusted(node.text) + ": " + content.error());
  if (const auto encoding = foreign_encoding(*content); !encoding.empty())
    return cannot_have(
        schema, node.mark, path,
        escape_untrusted(node.text) + " is " + std::string(encoding) + " text; save it as UTF-8");
  content->erase(0, content->size() - without_byte_order_mark(*content).size());
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  return std::move(*content);
}

/// An error, unless this process does not need the value: a prober has no access to the database's
/// password.
std::optional<std::string> ConfigWalk::cannot_have(const ConfigSchema& schema, YamlMark mark,
                                                   const ConfigPath& path, const std::string& why) {
  if (is_for(schema.section->needed_by) && is_for(schema.key->needed_by))
    error(mark, path.text(), why);
  else
    incomplete.insert(schema.section->path);
  return std::nullopt;
}

void ConfigWalk::store_server(const ConfigKey& key, const ConfigValue& value, YamlMark mark) {
  key.set(draft, value);
  ServerRecord& record = records.back();
  record.set |= std::uint64_t{1} << server_key_index(key);
  const std::string_view name = key.path.substr(std::string_view("servers.X.").size());
  if (name == "timeout") record.timeout = mark;
  if (name == "name") record.name = mark;
  if (name == "tls.cert_file") record.cert_file = mark;
  if (name == "tls.key_file") record.key_file = mark;
}

void ConfigWalk::store_default(const ConfigKey& key, const ConfigValue& value, YamlMark) {
  defaults[server_key_index(key)] = value;
}

void ConfigWalk::store_general(const ConfigKey& key, const ConfigValue& value, YamlMark mark) {
  marks.emplace(std::string(key.path), mark);
  key.set(draft, value);
}

}  // namespace stalewatch
