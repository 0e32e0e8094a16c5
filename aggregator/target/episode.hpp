#pragma once

// The life of a problem, alike on all axes: opening, reminders, closing, and what inhibition does
// to each.

#include "aggregator/target/step.hpp"

namespace stalewatch::aggregator {

/// An event of this step with what all events of a target carry; takes the next number.
Event make_event(Step& step, Kind kind, NodeTime at);

/// How a problem begins.
struct Opening {
  NodeTime at;
  NodeTime since;
  std::string reason;
  std::string detail;
  /// It may be over already: told late, not in chat; settle() tells if it is not.
  bool past = false;
};

void open(Step& step, const Axis& axis, const Opening& opening);

/// Ends the problem. Inhibited and announced, its closing is kept to be told later.
void close(Step& step, const Axis& axis, NodeTime at, const std::string& detail = {});

/// Chat was told of a problem and not yet of its end.
bool owes_chat(const StoredState& stored);

/// Ends what is open, and what is owed, for the target has gone. `tell`: in chat, too.
void retire_problems(Step& step, const Axis& axis, const std::string& why, bool tell);

/// Unless it is inhibited: tells the closing that is owed and the opening that nobody heard of.
void settle(Step& step, const Axis& axis);

/// Emits the reminder that is due by now, if any and not inhibited; several missed ones collapse
/// into one. True when it did.
bool remind(Step& step, const Axis& axis);

/// The opening event of a problem that is open and was announced up to the event `head`, with the
/// facts as of now; nothing of another.
std::optional<Event> opening_as_of_now(const Target& target, const TargetState& state,
                                       const Axis& axis, std::int64_t head, NodeTime now);

/// When the next reminder falls due, for a problem that is open and announced.
std::optional<NodeTime> next_reminder(const Problem& problem);

/// Lays the grid anew from its anchor when msg_interval has changed. True when it did.
bool regrid(const Step& step, const Axis& axis);

/// The age at an instant of data computed then, by the clock that the policy names; nothing while
/// that clock, or the computed time, is not known.
std::optional<Duration> age_at(const Target& target, const TargetState& state, NodeTime t,
                               std::optional<Timestamp> computed);

}  // namespace stalewatch::aggregator
