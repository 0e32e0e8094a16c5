#pragma once

// What a mock path can be told to do. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::mock_server {

/// How a path answers; whatever the data behind it do meanwhile.
enum class Mode {
  ok,
  status,
  redirect,
  refuse,
  reset,
  close_mid_body,
  hang,
  trickle,
  big_body,
  gzip_bomb,
  gzip,
  chunked,
  html,
  truncated_json,
  empty,
  invalid_utf8,
  field_missing,
  field_null,
  field_object,
  value,
  success_false,
};

/// What the data behind a path do.
enum class DataMode { updates, frozen, older };

std::string_view name_of(Mode mode);
std::optional<Mode> mode_from(std::string_view name);
std::optional<DataMode> data_mode_from(std::string_view name);

/// Shorthand for status:500 with count 1.
inline constexpr std::string_view fail_once = "fail_once";

/// Every word that `mode` takes, for messages and help.
std::vector<std::string> known_modes();

/// "a, b, c", for messages.
std::string join(const std::vector<std::string>& words);

}  // namespace stalewatch::mock_server
