#pragma once

#include "aggregator/pipe.hpp"
#include "aggregator/recording/recording.hpp"
#include "common/process/command_line.hpp"

#include <string>

namespace stalewatch::aggregator {

/// What stalewatch-aggregator is asked to do, beside what every process is.
struct Options {
  bool from_stdin = false;
  PipeOptions pipe;
  std::string until;  ///< of the pipe, as it was given
  RecordOptions record;
  std::string recorded;  ///< --replay; empty: not asked for
};

void add_options(CommandLine& line, Options& options);
/// Throws UsageError for a time that is none.
void read_until(Options& options);

}  // namespace stalewatch::aggregator
