#pragma once

#include "common/base/time.hpp"
#include "common/config/secret.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace stalewatch {

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

}  // namespace stalewatch
