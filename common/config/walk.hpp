#pragma once

// From the entries of the file to a draft of the configuration, by the table of keys. Errors are
// collected.

#include "common/config/environment.hpp"
#include "common/config/reader.hpp"
#include "common/config/schema.hpp"
#include "common/config/yaml_events.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace stalewatch {

/// Where something stands: the names down to it, for messages.
struct ConfigPath {
  const ConfigPath* parent = nullptr;
  std::string_view name;

  std::string text() const;
};

/// What is remembered of one server beside its values until defaults can be applied.
struct ServerRecord {
  std::uint64_t set = 0;  ///< which of server_keys() its own entry has, a bit each
  bool wrong = false;     ///< it has errors already, so that nothing is said of what it lacks
  YamlMark mark;          ///< of its key
  YamlMark timeout, name, cert_file, key_file;
};

class ConfigWalk {
 public:
  ConfigWalk(std::string file, ConfigUser user, const ConfigEnvironment& environment)
      : file_(std::move(file)), user_(user), environment_(environment) {}

  /// An entry of the root, of `servers:`; as YamlListener has them.
  void section(const YamlEntry& entry);
  void server(const YamlEntry& entry);
  void servers_begin(YamlMark mark) { servers_mark = mark; }

  /// After the last line: values that mean something else than they did for the original script.
  void warn_of_dollars();

  void error(YamlMark mark, const std::string& path, const std::string& message,
             const std::string& known = {});
  /// For who is to tell it: each warning one of the processes, all of them check-config.
  void warn(YamlMark mark, const std::string& path, const std::string& message);

  /// Whether one of `users` reads.
  bool is_for(ConfigUser users) const { return are_among(user_, users); }

  /// Whether the file has it, with or without values: "credentials.DB".
  bool has(const std::string& section) const { return marks.count(section) != 0; }
  /// Where a key of a section stands, else the section.
  YamlMark mark_of(const std::string& section, const std::string& key) const;
  /// Whether there is an error of this or what is below: "credentials.DB.".
  bool told(std::string_view path) const;
  /// A file's path in the directory where state is kept unless the configuration says otherwise.
  std::string in_state_directory(const std::string& file) const {
    return state_directory(environment_) + "/" + file;
  }
  /// A socket's path where its address is not given.
  std::string in_socket_directory(const std::string& name) const {
    return socket_directory(environment_) + "/" + name;
  }

  ConfigDraft draft;
  std::vector<ServerRecord> records;                 ///< as draft.config.servers
  std::vector<std::optional<ConfigValue>> defaults;  ///< as server_keys()
  /// Of sections and general keys: "credentials.DB.table".
  std::unordered_map<std::string, YamlMark> marks;
  bool servers_wrong = false;            ///< `servers:` is no map, which is told
  std::optional<YamlMark> servers_mark;  ///< nothing: no `servers:` in the file
  /// Paths of sections in which a value could not be had and is not needed.
  std::set<std::string_view> incomplete;
  std::vector<ConfigError> errors;

 private:
  /// What one map has had so far, to tell two spellings of one key.
  struct Taken {
    const ConfigKey* key;
    std::string name;
    YamlMark mark;
  };
  void whole_servers(const YamlEntry& entry);

  /// A value with $$ or ${ in it.
  struct Dollars {
    YamlMark mark;
    std::string path;
    bool ambiguous;  ///< whatever the file was written for
    bool doubled;    ///< $$, not ${
  };
  void note_dollars(const YamlNode& node, const ConfigPath& path);

  using Store = void (ConfigWalk::*)(const ConfigKey& key, const ConfigValue& value, YamlMark mark);

  void map(const ConfigSchema& schema, const YamlNode& node, const ConfigPath& path, Store store);
  void entry(const ConfigSchema& schema, const YamlEntry& entry, const ConfigPath& path,
             Store store, std::vector<Taken>& taken);
  void unknown(const ConfigSchema& schema, const YamlEntry& entry, const ConfigPath& path);
  std::optional<ConfigValue> value(const ConfigSchema& schema, const YamlNode& node, YamlMark at,
                                   const ConfigPath& path);
  std::optional<ConfigValue> list(const ConfigSchema& schema, const YamlNode& node,
                                  const ConfigPath& path);
  std::optional<ConfigValue> header_map(const ConfigSchema& schema, const YamlNode& node,
                                        const ConfigPath& path);
  std::optional<std::string> text(const ConfigSchema& schema, const YamlNode& node,
                                  const ConfigPath& path, bool from_file);
  std::optional<std::string> cannot_have(const ConfigSchema& schema, YamlMark mark,
                                         const ConfigPath& path, const std::string& why);

  void store_server(const ConfigKey& key, const ConfigValue& value, YamlMark mark);
  void store_default(const ConfigKey& key, const ConfigValue& value, YamlMark mark);
  void store_general(const ConfigKey& key, const ConfigValue& value, YamlMark mark);

  std::string file_;
  ConfigUser user_;
  const ConfigEnvironment& environment_;
  /// So that the file was written for the script, in part at least.
  bool has_old_spelling_ = false;
  std::vector<Dollars> dollars_;
};

}  // namespace stalewatch
