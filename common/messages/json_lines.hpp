#pragma once

// Samples and events as one JSON object a line: the form of shell pipes, of `--json` and of JSON
// logs.

#include "common/base/result.hpp"
#include "common/messages/messages.hpp"

#include <string>
#include <string_view>

namespace stalewatch {

/// A sample by itself: the target by key instead of by id, and who saw it.
struct NamedSample {
  std::string prober;
  std::string target;  ///< key
  Sample sample;       ///< target id 0

  bool operator==(const NamedSample&) const = default;
};

/// Times as RFC 3339 UTC text down to the microsecond, durations as seconds (JSON numbers with up
/// to six decimals, exact), enums by name, unset fields absent. No newline at the end; valid UTF-8
/// whatever the content.
std::string to_json_line(const NamedSample& sample);
std::string to_json_line(const Event& event);

/// The other way round. Unknown members are ignored, null counts as absent, a sample without
/// "since" gets its "probed_at" and an event without "decided_at" its "at"; a missing required
/// member ("target", "probed_at", "outcome"; "kind", "at") or a wrong type is an error that names
/// it. Never throws.
Result<NamedSample> sample_from_json(std::string_view line);
Result<Event> event_from_json(std::string_view line);

/// The same, and what the event cannot say: whether the line has a number, be it 0.
struct EventLine {
  Event event;
  bool has_seq = false;
};
Result<EventLine> event_line_from_json(std::string_view line);

}  // namespace stalewatch
