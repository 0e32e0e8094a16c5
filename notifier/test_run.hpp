#pragma once

#include "common/config/config.hpp"

#include <iosfwd>

namespace stalewatch::notifier {

/// --test: sends one test message on every configured channel and says how each answered. The exit
/// code: 0 when all took it.
int test_sinks(const Config& config, std::ostream& out);

}  // namespace stalewatch::notifier
