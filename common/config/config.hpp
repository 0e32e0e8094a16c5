#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch {

/// A string that never shows itself: not in logs, not in summaries. Ask for it by name where it is
/// used.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

/// One entry under `servers:`, `defaults:` applied.
struct ServerConfig {
  std::string key;   ///< its identity
  std::string name;  ///< what people see; the key when not set
  std::string address;
  Duration threshold = std::chrono::minutes(15);    ///< notification_threshold
  Duration msg_interval = std::chrono::minutes(5);  ///< 0: no reminders
  Duration interval = std::chrono::seconds(60);
  Duration timeout = std::chrono::seconds(10);
  std::string time_field = "computed_time";
  std::string time_format = "auto";
  std::string timezone = "UTC";
  bool server_clock = false;  ///< clock: server
  Duration max_future = std::chrono::minutes(1);
  Duration max_clock_offset = std::chrono::seconds(30);
  std::uint32_t went_back_after = 3;
  std::uint32_t failure_threshold = 2;
  std::uint32_t recover_after = 1;
  std::map<std::string, Secret> headers;
  Secret basic_auth;  ///< "user:password"
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool verify = true;
  bool follow_redirects = false;
  std::int64_t max_body = 1 << 20;  ///< bytes after decompression
  std::string proxy;                ///< none when empty; "environment", or a URL
  bool notification = true;
  bool db_save = true;

  bool operator==(const ServerConfig&) const = default;
};

/// credentials.DB
struct DatabaseConfig {
  enum class Engine { sqlite, mysql, mariadb, postgresql };
  Engine engine = Engine::sqlite;
  std::string host;
  std::uint16_t port = 0;  ///< 0: the engine's usual one
  std::string socket;      ///< path of a unix socket instead of host and port
  std::string username;
  Secret password;
  std::string database;  ///< name; for SQLite the file's path
  std::string table = "stalewatch_updates";

  bool operator==(const DatabaseConfig&) const = default;
};

/// credentials.ROCKETCHAT
struct RocketchatConfig {
  Secret webhook;
  std::map<std::string, Secret> headers;
  std::string channel, alias, emoji;  ///< sent only when not empty
  std::string ca_file;
  std::string proxy;

  bool operator==(const RocketchatConfig&) const = default;
};

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

struct TerminalConfig {
  enum class Color { automatic, always, never };
  Color color = Color::automatic;
  bool json = false;

  bool operator==(const TerminalConfig&) const = default;
};

/// transport: where the aggregator binds and everyone else connects.
struct TransportConfig {
  std::string samples = "tcp://127.0.0.1:5555";
  std::string control = "tcp://127.0.0.1:5556";
  std::string events = "tcp://127.0.0.1:5557";
  bool insecure = false;
  Duration lease = std::chrono::seconds(5);

  bool operator==(const TransportConfig&) const = default;
};

struct ProberConfig {
  std::string name;  ///< empty: the host's name
  std::string zone;
  std::int32_t max_connections = 1000;  ///< kept open between probes
  std::int32_t max_in_flight = 1000;    ///< probes at the same time
  std::int32_t ring = 100'000;          ///< news kept until they are acknowledged

  bool operator==(const ProberConfig&) const = default;
};

/// journal: what the aggregator keeps. Its path stands in Config.
struct JournalConfig {
  std::int64_t max_size = std::int64_t{2} << 30;       ///< bytes
  std::int64_t reserve = std::int64_t{64} << 20;       ///< bytes; 0: none
  Duration keep_updates = std::chrono::hours(24);      ///< after every consumer has them
  Duration keep_events = std::chrono::hours(24 * 30);  ///< all others
  Duration consumer_behind_after = std::chrono::minutes(5);

  bool operator==(const JournalConfig&) const = default;
};

/// The whole file. Paths are absolute or relative to the working directory; defaults filled in.
struct Config {
  std::string file;  ///< where it was read from
  std::vector<ServerConfig> servers;
  Duration checkup_interval =
      std::chrono::seconds(60);  ///< main.checkup_interval; in servers[].interval already
  DatabaseConfig database;       ///< the embedded SQLite file when the file names none
  bool database_configured = false;
  std::optional<RocketchatConfig> rocketchat;
  LogsConfig logs;
  TerminalConfig terminal;
  TransportConfig transport;
  ProberConfig prober;
  std::string journal_path;  ///< journal.path
  JournalConfig journal;
  std::string notifier_state;                              ///< notifier.state
  Duration give_up_after = std::chrono::hours(24);         ///< notifier.give_up_after
  Secret heartbeat_url;                                    ///< notifier.heartbeat_url; empty: none
  Duration heartbeat_interval = std::chrono::seconds(60);  ///< notifier.heartbeat_interval
  std::vector<std::string> warnings;                       ///< worth telling, not errors

  bool operator==(const Config&) const = default;
};

}  // namespace stalewatch
