#pragma once

// Many events become few stories: what one chat message tells. Pure.

#include "notifier/item.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stalewatch::notifier {

/// What a story comes to, the worst first.
enum class Form {
  problem,       ///< began, and is not over
  already_open,  ///< was there before this sink was
  reminder,      ///< was told before, and is not over
  recovery,      ///< was told before, and is over
  removed,       ///< was told before; nobody knows how it goes on: the server is not configured now
  passed,        ///< began and ended while both waited
  fact,          ///< nothing that opens or closes
  nothing,       ///< there are no open problems
};

/// One problem, or one fact, of a target.
struct Part {
  Form form = Form::fact;
  Event event;                   ///< the newest one that says what is
  std::optional<Event> opening;  ///< of a passed one
};

/// Everything that is to be told of one target, or of one matter of the system itself.
struct Story {
  Form form = Form::fact;  ///< the worst of its parts
  std::string name;        ///< untrusted, as all strings of events
  std::string address;
  std::vector<Part> parts;
};

/// Folds what waits, in its order: events of one target become one story; an alarm and its recovery
/// one part; reminders vanish in what follows them. First alarms and recoveries are never dropped.
std::vector<Story> fold(const std::vector<Item>& items);

}  // namespace stalewatch::notifier
