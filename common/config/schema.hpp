#pragma once

// Every key that the configuration knows, in one table of sections: what is read, what the
// reference page says and what "did you mean" proposes all come from here.

#include "common/config/config.hpp"
#include "common/config/config_user.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace stalewatch {

/// A key's value, read and checked. Durations in microseconds.
using ConfigValue = std::variant<bool, std::int64_t, Duration, std::string,
                                 std::vector<std::string>, std::map<std::string, Secret>>;

/// What setters write to.
struct ConfigDraft {
  Config config;
  ServerConfig* server = nullptr;  ///< the one being read
  SectionStore parts;              ///< of what is put together after the last line
};

/// Values of secret, url and headers are never quoted in an error; a url may have a password in it.
/// A list has texts, each once.
enum class ConfigType {
  text,
  url,
  secret,
  boolean,
  duration,
  number,
  size,
  choice,
  path,
  list,
  headers
};

struct ConfigKey {
  std::string_view path;  ///< "servers.X.interval"; X stands for any key
  ConfigType type;
  std::string_view old_spelling = {};  ///< last part of the path, as the script wrote it
  std::string_view bare_unit = {};     ///< unit of a number without one; empty: refused
  std::string_view initial;            ///< the default as one would write it, or "(in words)"
  /// Of duration (us), number, size (bytes), how many texts a list has; both 0: no range.
  std::int64_t min = 0, max = 0;
  std::string_view choices = {};  ///< "local|server"
  std::string_view meaning;
  std::string_view example;                      ///< a value
  ConfigUser needed_by = ConfigUser::everybody;  ///< of those that the section is needed by
  /// What is wrong with a value of the right type (with one text of a list), or ""; does not quote
  /// the value.
  std::string (*check)(const ConfigValue&) = nullptr;
  void (*set)(ConfigDraft&, const ConfigValue&);
};

class ConfigWalk;

/// The lines of the summary, in their order.
enum class SummaryLine { none, servers, tells, rows, sockets, journal, notifier };

/// A section of the file, with all that is known of it and by it alone: a file in sections/ and a
/// row of the table there.
struct ConfigSection {
  std::string_view path;  ///< "credentials.DB"
  /// A secret or variable that they cannot have is an error for these only.
  ConfigUser needed_by = ConfigUser::everybody;
  std::span<const ConfigKey> keys = {};
  /// After the last line of the file: defaults, the parts put together, and what only shows when
  /// keys are looked at side by side.
  void (*finish)(ConfigWalk&) = nullptr;
  /// The name, for people, of the chat that it is: one that servers with `notification` off are
  /// not told in.
  std::string_view chat = {};
  SummaryLine summary_line = SummaryLine::none;
  std::string (*summary)(const Config&) = nullptr;  ///< what runs, secrets hidden; may be ""
};

/// In the order of docs/configuration.md.
std::span<const ConfigSection* const> config_sections();

/// The keys of one entry of `servers:`.
std::span<const ConfigKey> server_keys();

/// The table as a tree, for reading.
struct ConfigSchema {
  const ConfigKey* key = nullptr;          ///< a leaf's
  const ConfigSection* section = nullptr;  ///< the leaf's
  bool from_file = false;  ///< the value is the name of a file with it: password_file
  std::map<std::string, ConfigSchema, std::less<>> children;
};
/// The root: sections, `servers` and `defaults` with the keys of one server as children.
const ConfigSchema& config_schema();

/// "duration", "secret text", "true or false": for the reference page and for errors.
std::string type_for_people(const ConfigKey& key);
/// "10ms to 7d", "1 to 65535", "local or server"; "" when any value will do.
std::string range_for_people(const ConfigKey& key);

}  // namespace stalewatch
