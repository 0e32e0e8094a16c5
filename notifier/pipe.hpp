#pragma once

// --stdin: events as JSON lines instead of from an aggregator, for pipes, debugging and tests.

#include "common/process/health.hpp"
#include "common/process/process.hpp"

namespace stalewatch::notifier {

/// Tells the events of standard input and ends when all of them are told. Nothing is kept for the
/// next time. With `virtual_time` the events' own times are the clock. The exit code: 0 when all
/// could be read and told.
int run_pipe(ProcessContext& context, Health& health, bool virtual_time);

}  // namespace stalewatch::notifier
