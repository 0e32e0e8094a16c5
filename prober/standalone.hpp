#pragma once

// The prober by itself: targets from the configuration file, samples on standard output, in words
// where that is a terminal, else as JSON lines.

#include "common/config/config.hpp"
#include "common/process/signals.hpp"

namespace stalewatch {
class Health;
}

namespace stalewatch::prober {

/// Until a signal, or with `once` until each server was probed once. The exit code: 0 when it ended
/// as asked, whatever the servers answered; 1 when standard output cannot be written to, or when a
/// signal came before each was probed once.
int run_standalone(const Config& config, bool once, Health& health, Signals& signals);

}  // namespace stalewatch::prober
