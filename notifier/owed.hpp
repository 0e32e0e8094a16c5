#pragma once

// What the notifier's file says of what is announced and not yet closed, waits to be delivered, or
// was given up: per sink, for people and programs.

#include "notifier/item.hpp"

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch::notifier {

/// One message that was given up (`undeliverable`).
struct GivenUp {
  Event event;
  std::string why;
  Timestamp at{};
};

/// What one sink owes.
struct SinkDebt {
  std::string sink;
  bool configured = true;   ///< has a cursor; one that was removed may owe closings
  std::vector<Event> open;  ///< openings announced there, or on the way, and not closed there
  std::int64_t waiting = 0;
  std::optional<Timestamp> oldest;  ///< when the first of those that wait was taken over
  std::optional<std::string> last_error;
  std::optional<Timestamp> failing_since;
  std::vector<GivenUp> given_up;
};

/// Reads the file beside a running notifier or without one; changes nothing in it. Throws
/// std::runtime_error naming the file when it is missing, is not a notifier's or of another
/// version.
std::vector<SinkDebt> read_debts(const std::string& path);

/// Nothing waits and nothing was given up. Open problems are no debt of the notifier's.
bool all_delivered(const std::vector<SinkDebt>& debts);

std::string debts_as_text(const std::vector<SinkDebt>& debts, Timestamp now);
/// One JSON object.
std::string debts_as_json(const std::vector<SinkDebt>& debts);

/// The exit code of `--owed` when something waits or was given up; 0 when not.
inline constexpr int exit_owes = 3;
/// --owed: prints it; the exit code.
int print_debts(const std::string& path, bool json, std::ostream& out);

}  // namespace stalewatch::notifier
