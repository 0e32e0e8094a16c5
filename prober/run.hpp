#pragma once

#include "common/process/process.hpp"

#include <string>

namespace stalewatch::prober {

/// The prober's own options.
struct CommandLine {
  bool standalone = false;
  bool once = false;
  std::string name;
  std::string zone;
};

void add_options(CLI::App& app, CommandLine& line);

/// Runs until a signal, or until --once is done. The exit code.
int run(ProcessContext& context, const CommandLine& line);

}  // namespace stalewatch::prober
