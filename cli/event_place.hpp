#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace stalewatch::cli {

/// Where in the journal a person means: an event's number, or an instant.
using EventPlace = std::variant<std::int64_t, Timestamp>;

/// Reads "1234", "2026-11-22T10:02:03Z" (or with an offset; UTC without one) and "2h", "2h ago":
/// before now.
Result<EventPlace> parse_event_place(const std::string& text, Timestamp now);

}  // namespace stalewatch::cli
