#pragma once

#include "common/base/time.hpp"
#include "common/config/secret.hpp"
#include "common/config/section_store.hpp"
#include "common/config/sections/database.hpp"
#include "common/config/sections/journal.hpp"
#include "common/config/sections/logs.hpp"
#include "common/config/sections/prober.hpp"
#include "common/config/sections/servers.hpp"
#include "common/config/sections/transport.hpp"

#include <string>
#include <vector>

namespace stalewatch {

/// The whole file. Paths are absolute or relative to the working directory; defaults filled in.
struct Config {
  std::string file;  ///< where it was read from
  std::vector<ServerConfig> servers;
  /// `main.checkup_interval`; in servers[].interval already.
  Duration checkup_interval = std::chrono::seconds(60);
  DatabaseConfig database;  ///< the embedded SQLite file when the file names none
  bool database_configured = false;
  LogsConfig logs;
  TransportConfig transport;
  ProberConfig prober;
  std::string journal_path;  ///< journal.path
  JournalConfig journal;
  std::string notifier_state;                              ///< notifier.state
  Duration give_up_after = std::chrono::hours(24);         ///< notifier.give_up_after
  Secret heartbeat_url;                                    ///< notifier.heartbeat_url; empty: none
  Duration heartbeat_interval = std::chrono::seconds(60);  ///< notifier.heartbeat_interval
  SectionStore sections;                                   ///< those that have no member here
  std::vector<std::string> warnings;  ///< worth telling by who reads, not errors

  /// A section's own values by their type; nullptr: the file does not have it.
  template <typename T>
  const T* section() const {
    return sections.find<T>();
  }

  bool operator==(const Config&) const = default;
};

}  // namespace stalewatch
