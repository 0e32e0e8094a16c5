#pragma once

// All that the mock server knows: its paths, the webhook, what it was told to do. Pure.

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "mock_server/answer.hpp"
#include "mock_server/answer_log.hpp"
#include "mock_server/hook.hpp"
#include "mock_server/path_state.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch::mock_server {

/// Whether the main port is open, as ordered.
struct Listening {
  bool open = true;
  std::optional<Timestamp> reopens_at;  ///< of a port that was closed for a while

  bool operator==(const Listening&) const = default;
};

class Model {
 public:
  /// Paths that were told something are remembered; more than this is refused.
  static constexpr std::size_t max_paths = 200000;

  explicit Model(Timestamp start);

  /// One answer of a watched path. `query`: the request's parameters; those that are known words
  /// change this answer.
  Result<Answer> answer(const std::string& path, const Words& query, Timestamp now);
  Answer hook(const HookCall& call, Timestamp now);

  /// "/orders=frozen,age=20m", as on the command line.
  Result<std::string> set_path(std::string_view spec, Timestamp now);
  /// One POST /control; the reply is what the control page shows of it, the error what is wrong.
  Result<std::string> control(std::string_view json, Timestamp now);
  /// GET /control: everything.
  std::string control_page(Timestamp now) const;

  Listening listening(Timestamp now) const;

  AnswerLog log;
  Hooks hooks;

 private:
  Result<std::string> change_path(const std::string& path, const Words& words, Timestamp now);
  Result<std::string> change_listening(const Words& words, Timestamp now);
  Result<std::string> change_hook_rules(const Words& words);
  PathState& state_of(const std::string& path);

  PathState standard_;
  std::map<std::string, PathState> paths_;
  Listening listening_;
};

}  // namespace stalewatch::mock_server
