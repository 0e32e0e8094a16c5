#pragma once

// What a configuration takes from outside its file: environment variables and files with secrets.

#include "common/base/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch {

struct ConfigEnvironment {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// The whole file; an error says why not, without the name.
  std::function<Result<std::string>(const std::string& path)> file;
};

/// The process' own.
ConfigEnvironment process_environment();

/// A whole file of at most `max` bytes. The error says why not, without the name: "no such file",
/// "is a directory".
Result<std::string> read_whole_file(const std::string& path, std::size_t max);

/// Expands ${VAR}, ${VAR:-default}, ${VAR-default}, ${VAR:?message}, ${VAR?message} and $$, as
/// compose does. A $ that begins none of these stays. Defaults and messages may contain further
/// ${...}. Errors never show a variable's value.
Result<std::string> expand_variables(std::string_view text, const ConfigEnvironment& environment);

/// Whether "$$" stands where a single $ would do, so that two may be meant. "$${" and "$$$$" can
/// mean one thing only.
bool has_ambiguous_dollars(std::string_view text);

/// What a relative path means, from where the process was started.
std::string absolute_path(const std::string& path);

/// Where journal, cursors and rows are kept unless the configuration says otherwise:
/// $STALEWATCH_STATE_DIR, systemd's $STATE_DIRECTORY, $XDG_STATE_HOME/stalewatch,
/// ~/.local/state/stalewatch, /var/lib/stalewatch: the first there is.
std::string state_directory(const ConfigEnvironment& environment);

/// Where sockets lie whose addresses the configuration does not give; absolute.
std::string socket_directory(const ConfigEnvironment& environment);

}  // namespace stalewatch
