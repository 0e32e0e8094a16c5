#pragma once

// The words of command line, query and POST /control, as one order to a path. Pure.

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "mock_server/mode.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stalewatch::mock_server {

/// One order, as read: what is set is to change, the rest stays.
struct Change {
  std::optional<Mode> mode;
  std::optional<DataMode> data;
  std::optional<int> status;
  std::optional<std::string> to;        ///< where redirect leads
  std::optional<std::string> value;     ///< JSON text
  std::optional<Duration> every;        ///< cadence of updates, > 0
  std::optional<Duration> age;          ///< of updates and frozen: how old the data are from now on
  std::optional<Timestamp> at;          ///< of frozen: the instant
  std::optional<Duration> by;           ///< of older: how far back
  std::optional<Duration> sleep;        ///< before answering
  std::optional<Duration> pace;         ///< of trickle: per byte
  std::optional<std::size_t> size;      ///< of big_body and gzip_bomb: bytes, unpacked
  std::optional<bool> date;             ///< whether there is a Date header
  std::optional<Duration> date_offset;  ///< how far the Date header is ahead; signed
  std::optional<std::string> age_header;  ///< value of an Age header, "" for none
  std::optional<std::string> field;
  std::optional<std::string> format;
  std::optional<Duration> utc_offset;
  std::optional<int> digits;
  std::optional<Duration> for_duration;  ///< then back to what was before
  std::optional<std::uint64_t> count;    ///< so many answers, then back to what was before

  bool temporary() const { return for_duration || count; }
};

using Words = std::vector<std::pair<std::string, std::string>>;

/// Reads key-value words; the error names the word, what is wrong with it and what is allowed.
Result<Change> parse_change(const Words& words);

/// "frozen,every=5s" -> {{"mode", "frozen"}, {"every", "5s"}}; also a JSON object of the same
/// words.
Result<Words> split_spec(std::string_view spec);

/// A JSON object as words: strings as they are, `value` and everything else as JSON text.
Result<Words> words_of_json(std::string_view json);

/// All keys that parse_change knows; for messages, help and the query.
std::vector<std::string> known_keys();

}  // namespace stalewatch::mock_server
