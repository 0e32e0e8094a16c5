#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace stalewatch {

/// Sets up the process' own log: structured lines on stderr, "2026-11-22T10:02:03.123Z info prober:
/// text key=value". `level` as in the configuration (also "logging.INFO"); throws
/// std::runtime_error for an unknown one.
void start_log(const std::string& process, const std::string& level);

/// Another level for the running log, after a reload; throws std::runtime_error for an unknown one.
void set_log_level(const std::string& level);

}  // namespace stalewatch
