#pragma once

#include <cstdint>
#include <string>

namespace stalewatch {

/// logs: the log file of events, written by the notifier.
struct LogsConfig {
  std::string filename;  ///< empty: no log file
  bool append = true;    ///< filemode: a or w
  /// trace, debug, info, warning, error, critical, off; also of the processes' own logs.
  std::string level = "info";
  std::int64_t max_size = 10 << 20;  ///< bytes before rotation
  std::int32_t max_files = 5;
  bool json = false;  ///< format: json

  bool operator==(const LogsConfig&) const = default;
};

}  // namespace stalewatch
