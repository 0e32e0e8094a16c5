#pragma once

#include <string>
#include <variant>
#include <vector>

#include "common/config.hpp"

namespace stalewatch {

/// One error of a configuration file.
struct ConfigError {
  std::string file;
  int line = 0;    ///< 1-based; 0 when the file as a whole is meant
  int column = 0;  ///< 1-based
  std::string path;     ///< "servers.PROD.interval"; may be empty
  std::string message;  ///< what is wrong and what was perhaps meant

  bool operator==(const ConfigError&) const = default;
};

/// "file:line:column: path: message"
std::string to_string(const ConfigError& error);

/// Reads and checks a whole file: all errors in one go, in the order of the lines, or the configuration.
/// Expands ${VAR} from the environment and reads *_file secrets.
std::variant<Config, std::vector<ConfigError>> read_config(const std::string& path);

/// The same for text in memory, `name` standing for the file in errors. For tests and fuzzing.
std::variant<Config, std::vector<ConfigError>> parse_config(const std::string& text, const std::string& name);

/// What would run, for people: targets, sinks, database, sockets, paths; secrets hidden.
std::string summarize(const Config& config);

}  // namespace stalewatch
