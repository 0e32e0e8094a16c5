#pragma once

#include "common/process/process.hpp"

#include <string>

namespace stalewatch::prober {

/// The prober's own options.
struct Options {
  bool standalone = false;
  bool once = false;
  std::string name;
  std::string zone;
};

void add_options(CommandLine& line, Options& options);

/// Runs until a signal, or until --once is done. The exit code.
int run(ProcessContext& context, const Options& options);

}  // namespace stalewatch::prober
