#pragma once

#include "notifier/sinks/sink.hpp"

namespace stalewatch::notifier {

/// How severe an event is to `logs.level`. The opening and the closing of a problem are equally so:
/// who reads of the one reads of the other.
int severity_of(const Event& event);

/// The log file: one line per event, rotated by size. Made anew when its path does not name it any
/// more, and by making a new sink.
SinkKind log_kind();

}  // namespace stalewatch::notifier
