#pragma once

#include "common/process/command_line.hpp"

#include <functional>
#include <span>

namespace stalewatch::cli {

/// Does what a subcommand is for, with the options that were parsed; its result is the exit code.
using Runner = std::function<int()>;

/// One subcommand of `stalewatch`: a file of its own and a row in commands.cpp.
struct Subcommand {
  const char* name;
  const char* summary;
  /// Adds its options and returns what runs it.
  Runner (*prepare)(CommandLine& line);
};

/// All of them, in the order of --help.
std::span<const Subcommand> subcommands();

Runner prepare_up(CommandLine& line);
Runner prepare_check_config(CommandLine& line);
Runner prepare_reload(CommandLine& line);
Runner prepare_events(CommandLine& line);
Runner prepare_replay(CommandLine& line);
Runner prepare_forget(CommandLine& line);
Runner prepare_owed(CommandLine& line);
Runner prepare_healthcheck(CommandLine& line);

}  // namespace stalewatch::cli
