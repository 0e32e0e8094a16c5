#pragma once

// The process' own log: structured lines on stderr,
// "2026-11-22T10:02:03.123Z info prober: text key=value". spdlog writes them, which only the .cpp
// knows: where it is included, a file takes ten times as long to compile.

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace stalewatch {

/// `process` stands in each line. `level` as in the configuration (also "logging.INFO"); throws
/// std::runtime_error for an unknown one.
void start_log(const std::string& process, const std::string& level);

/// Another level for the running log, after a reload; throws std::runtime_error for an unknown one.
void set_log_level(const std::string& level);

/// Writes out what is left. Nothing may be logged after it.
void stop_log();

namespace log {

enum class Level { debug, info, warning, error };

/// Whether lines of this level are written at all.
bool writes(Level level);
/// Never throws, and cannot fail in a way that the caller could mend. Thread safe.
void write(Level level, std::string_view line);

template <typename... Arguments>
void format(Level level, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (writes(level)) write(level, fmt::vformat(text, fmt::make_format_args(arguments...)));
}

template <typename... Arguments>
void debug(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  format<Arguments...>(Level::debug, text, std::forward<Arguments>(arguments)...);
}

template <typename... Arguments>
void info(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  format<Arguments...>(Level::info, text, std::forward<Arguments>(arguments)...);
}

template <typename... Arguments>
void warn(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  format<Arguments...>(Level::warning, text, std::forward<Arguments>(arguments)...);
}

template <typename... Arguments>
void error(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  format<Arguments...>(Level::error, text, std::forward<Arguments>(arguments)...);
}

}  // namespace log
}  // namespace stalewatch
