#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <span>

namespace stalewatch::cli {

/// Does what a subcommand is for, with the options that were parsed; its result is the exit code.
using Runner = std::function<int()>;

/// One subcommand of `stalewatch`: a file of its own and a row in commands.cpp.
struct Subcommand {
  const char* name;
  const char* summary;
  /// Adds its options to its parser and returns what runs it.
  Runner (*prepare)(CLI::App& parser);
};

/// All of them, in the order of --help.
std::span<const Subcommand> subcommands();

Runner prepare_up(CLI::App& parser);
Runner prepare_check_config(CLI::App& parser);
Runner prepare_reload(CLI::App& parser);
Runner prepare_events(CLI::App& parser);
Runner prepare_replay(CLI::App& parser);
Runner prepare_forget(CLI::App& parser);
Runner prepare_owed(CLI::App& parser);
Runner prepare_healthcheck(CLI::App& parser);

}  // namespace stalewatch::cli
