#pragma once

#include <string>

namespace stalewatch::aggregator {

/// --replay: decides a recording again, and prints the events as JSON lines. The exit code. Throws
/// std::runtime_error for what is no recording of this build.
int run_replay(const std::string& path);

}  // namespace stalewatch::aggregator
