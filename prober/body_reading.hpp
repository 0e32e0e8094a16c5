#pragma once

// From the body of an answer to the computed time: find the field, read the time. Pure.

#include "common/messages/messages.hpp"
#include "common/times/computed_time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace stalewatch::prober {

/// What a body came to.
struct BodyReading {
  Outcome outcome = Outcome::ok;  ///< ok, not_json, field_missing, time_unreadable
  std::optional<Timestamp> computed_at;
  std::optional<Timestamp> computed_alt;  ///< the later one, where a local time means two instants
  bool had_offset = true;
  std::string raw;  ///< the value as read, unescaped, at most 1 KiB
  /// For people: "field data.lastTime is null", "not JSON: unexpected end"; value quoted and
  /// escaped.
  std::string detail;
};

/// `field`: a dotted path ("data.lastTime", "items.0.mtime") or a JSON Pointer (RFC 6901,
/// "/items/0/mtime", which also reaches keys with dots in them); empty: the body is the value
/// itself.
BodyReading read_body(std::string_view body, std::string_view field, const TimeFormat& format);

}  // namespace stalewatch::prober
