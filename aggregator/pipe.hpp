#pragma once

#include "common/base/time.hpp"
#include "common/config/config.hpp"
#include "common/process/signals.hpp"

#include <optional>
#include <string>

namespace stalewatch::aggregator {

/// --stdin: samples as JSON lines in, events as JSON lines out, no sockets.
struct PipeOptions {
  bool virtual_time = false;       ///< the samples' own times are the clock
  std::optional<Timestamp> until;  ///< go on firing deadlines after the end of the input until then
  std::string journal;             ///< keeps state and events there; empty: nowhere
};

/// Until the end of the input (or `until`), or SIGTERM. With virtual time, deadlines up to the next
/// input fire before it, late lines never move the clock back, and equal inputs give equal output.
/// The exit code.
int run_pipe(const Config& config, const PipeOptions& options, Signals& signals);

}  // namespace stalewatch::aggregator
