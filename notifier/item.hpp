#pragma once

#include "common/messages/messages.hpp"

#include <cstdint>

namespace stalewatch::notifier {

/// Why an event is told.
enum class Note {
  event,         ///< it happened
  already_open,  ///< a problem that was open when the sink began: told once, in its opening event
  nothing_open,  ///< there was none; only `event.at` is set
};

/// One thing that a sink owes to people: a row of the outbox.
struct Item {
  std::int64_t id = 0;  ///< grows; the order of telling within a sink
  Note note = Note::event;
  Event event;
  /// When it was taken over; what waits less than the grouping window may get company.
  Timestamp queued_at{};

  bool operator==(const Item&) const = default;
};

}  // namespace stalewatch::notifier
