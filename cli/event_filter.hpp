#pragma once

#include "common/base/result.hpp"
#include "common/messages/messages.hpp"
#include "common/process/command_line.hpp"

#include <string>
#include <vector>

namespace stalewatch::cli {

/// Which events a person asks for, as the command line has it.
struct EventSelection {
  std::vector<std::string> names;
  std::vector<std::string> kinds;
};

/// NAME... and --kind KIND, which may come several times.
void add_options(CommandLine& line, EventSelection& selection);

/// Which events are shown: those of any of the names that are of any of the kinds; without names of
/// all, without kinds of all.
class EventFilter {
 public:
  /// A kind as it is on the wire (still_stale) or as the terminal shows it (STILL STALE), in any
  /// case; also the name of one that only a newer version knows. The error names a kind that does
  /// not exist and what was perhaps meant.
  static Result<EventFilter> from(const EventSelection& selection);

  /// A name is a target's key or what people call it; of system events who is meant (a prober).
  bool wants(const Event& event) const;
  bool wants_all() const { return names_.empty() && kinds_.empty(); }
  /// For people, if they ask for kinds that this version does not know; else empty.
  std::string hint() const;
  /// What is asked for, within a sentence: `of "PROD" or "EU-1" of kind stale or failing`.
  std::string for_people() const;

 private:
  std::vector<std::string> names_;
  std::vector<EventKind> kinds_;
  std::vector<std::string> unknown_;
};

}  // namespace stalewatch::cli
