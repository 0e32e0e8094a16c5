#pragma once

// What all processes' main functions share: options, configuration, log, one line and an exit code
// on failure.

#include "common/config/config.hpp"
#include "common/config/config_user.hpp"
#include "common/process/command_line.hpp"
#include "common/process/signals.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

namespace stalewatch {

/// Exit codes: 0 done, 1 failed, exit_usage (2) usage or configuration.
inline constexpr int exit_failed = 1;

/// Options that every process has.
struct ProcessOptions {
  std::string config;  ///< --config
  std::optional<std::string> log_level;
  std::string http;  ///< --http ADDR:PORT for /healthz, /readyz and /metrics; empty: off
};

/// A mistake in how the program was called or configured: exit 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ProcessContext {
  ProcessOptions options;
  Config config;
  Signals& signals;
};

/// Parses the command line (the process' own options are added by `add_options`), reads the
/// configuration, starts the log and calls `run`, whose result is the exit code. Configuration
/// errors are printed as `check-config` does; exceptions become one line.
int run_process(const std::string& name, const std::string& description, int argc, char** argv,
                const std::function<void(CommandLine&)>& add_options,
                const std::function<int(ProcessContext&)>& run);

/// Reads the configuration again, for SIGHUP, with the secrets that `user` needs: nothing, and the
/// errors in the log, when the file is bad.
std::optional<Config> reread_config(const std::string& path, ConfigUser user);

}  // namespace stalewatch
