#pragma once

#include "common/config/config.hpp"
#include "common/config/config_user.hpp"

#include <string>
#include <variant>
#include <vector>

namespace stalewatch {

/// One error of a configuration file.
struct ConfigError {
  std::string file;
  int line = 0;         ///< 1-based; 0 when the file as a whole is meant
  int column = 0;       ///< 1-based
  std::string path;     ///< "servers.PROD.interval"; may be empty
  std::string message;  ///< what is wrong and what was perhaps meant
  std::string known{};  ///< for who is writing the file, not for a log: the keys known there

  bool operator==(const ConfigError&) const = default;
};

/// "file:line:column: path: message; known here: ..."
std::string to_string(const ConfigError& error);

/// The same as a line of `program`, which is named where the error has no place in a file that
/// editors could jump to: "program: file: message".
std::string line_of(const std::string& program, const ConfigError& error);

struct ConfigEnvironment;

/// Reads and checks a whole file: all errors in one go, in the order of the lines, or the
/// configuration. Expands ${VAR} from the environment and reads *_file secrets; of these, only the
/// ones that `user` needs must be there.
std::variant<Config, std::vector<ConfigError>> read_config(const std::string& path,
                                                           ConfigUser user = ConfigUser::everybody);

/// The same for text in memory, `name` standing for the file in errors. For tests and fuzzing.
std::variant<Config, std::vector<ConfigError>> parse_config(const std::string& text,
                                                            const std::string& name);
std::variant<Config, std::vector<ConfigError>> parse_config(
    const std::string& text, const std::string& name, const ConfigEnvironment& environment,
    ConfigUser user = ConfigUser::everybody);

/// What runs without a file: no servers, all else at its default.
Config default_config();

/// What would run, for people: targets, sinks, database, sockets, paths; secrets hidden.
std::string summarize(const Config& config);

}  // namespace stalewatch
