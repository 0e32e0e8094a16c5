#pragma once

// Rocket.Chat's incoming webhook: rate limit, credentials, messages, and what was received. Pure.

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "mock_server/answer.hpp"
#include "mock_server/hook_message.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace stalewatch::mock_server {

/// So many calls in a window, per client and hook. 0 calls: no limit.
struct HookRate {
  std::uint64_t calls = 10;
  Duration window = std::chrono::seconds(60);

  bool operator==(const HookRate&) const = default;
};

/// "10/60s"; "off" for no limit.
Result<HookRate> parse_rate(std::string_view text);

struct HookRules {
  HookRate rate;
  HookPermissions permissions;
  std::set<std::string> tokens;  ///< "ID/TOKEN"; empty: every one is good
};

struct HookCall {
  std::string credentials;  ///< "ID/TOKEN"
  std::string client;       ///< the address it came from
  std::string content_type;
  std::string body;
};

class Hooks {
 public:
  HookRules rules;

  /// Answers one call. `settings`: what the path was told to do; faults come before the rate limit
  /// is counted.
  Answer call(const HookCall& call, const Settings& settings, Timestamp now);

  /// {"dropped": N, "received": [{"n", "at", "hook", "status", "posted", "body", "raw"}, ...]},
  /// oldest first.
  std::string received_json() const;
  void clear_received();

 private:
  struct Received {
    std::uint64_t n;
    Timestamp at;
    HookCall call;
    int status;
    bool posted;
  };
  struct Window {
    Timestamp start;
    std::uint64_t calls = 0;
  };

  Answer answer_to(const HookCall& call, Timestamp now, bool& posted);
  void count(const HookCall& call, Answer& answer, Timestamp now);
  void remember(const HookCall& call, const Answer& answer, bool posted, Timestamp now);

  std::map<std::string, Window> windows_;
  std::deque<Received> received_;
  std::size_t received_bytes_ = 0;
  std::uint64_t last_n_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace stalewatch::mock_server
