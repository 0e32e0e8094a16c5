#pragma once

// From the settings of a path and an instant to the answer. Pure.

#include "common/base/time.hpp"
#include "mock_server/path_state.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stalewatch::mock_server {

/// What happens on the connection.
enum class Delivery {
  whole,           ///< with Content-Length
  chunked,         ///< in pieces, Transfer-Encoding: chunked
  trickle,         ///< byte by byte
  hang,            ///< nothing, ever
  refuse,          ///< reset before the first byte
  reset,           ///< reset after half of the body
  close_mid_body,  ///< closed after half of the body
};

struct Answer {
  Delivery delivery = Delivery::whole;
  Duration sleep{};  ///< before the first byte
  Duration pace{};   ///< of trickle, per byte
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<Timestamp> computed_at;  ///< what the body says, where it says a usable time
  std::string mode;                      ///< for the log: "ok", "status:503", ...
};

/// `path` becomes the `name` in the body.
Answer make_answer(const Settings& settings, std::string_view path, Timestamp now);

/// "status:503" for modes with an argument, "frozen" and "updates" for the plain ones.
std::string describe_mode(const Settings& settings);

/// `inner` at a dotted path or JSON Pointer, inside an object that has `extra` ("\"a\":1") as well.
std::string json_with_field(std::string_view field, const std::string& inner,
                            const std::string& extra);

/// `text` and then zeros up to `size` bytes, and `end`; packed as gzip.
std::string gzip(std::string_view text, std::size_t padding = 0, std::string_view end = {});

}  // namespace stalewatch::mock_server
