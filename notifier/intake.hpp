#pragma once

// What each sink gets to tell. Pure.

#include "common/bus/event_stream.hpp"
#include "notifier/item.hpp"
#include "notifier/problem_pages.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::notifier {

/// A sink, as far as routing is concerned.
struct Receiver {
  std::string_view name;
  bool (*wants)(const Event&) = nullptr;
  bool folds = false;  ///< see SinkKind
  /// Knows of everything up to this seq already, by the digest it began with.
  std::int64_t from = 0;
  /// So much waits for it already that updates, which nobody has to act on, are left out.
  bool crowded = false;
};

/// A new row of a sink's outbox.
struct Entry {
  std::string sink;
  Note note = Note::event;
  Event event;
  bool replaces_reminders = false;  ///< of the same episode, as far as they still wait
  bool silent = false;              ///< not told there: it only ends what is open of its target

  bool operator==(const Entry&) const = default;
};

/// Inhibited events go to nobody; of the others each receiver takes what it wants, in their order.
/// That a target has gone is noted for all: where it is not told by itself, one message about many
/// targets tells it.
std::vector<Entry> route(const std::vector<Event>& events, const std::vector<Receiver>& receivers);

/// What a sink begins with: the open problems, or a line that there are none.
std::vector<Entry> digest(const Receiver& receiver, const std::vector<Event>& problems,
                          Timestamp now);

/// The journal is another one. `told` are the openings that this sink has told or is about to tell.
/// Those that are not open any more are closed; those that are open go on as episodes of the new
/// journal; problems it has not told are. Those that an incomplete list lacks count as open.
struct Settled {
  std::vector<Entry> entries;
  std::vector<Event> still_open;  ///< as the new journal knows them: nothing new to say
};
Settled settle_journal_change(const Receiver& receiver, const std::vector<Event>& told,
                              const OpenProblems& open, Timestamp now);

/// A sink is configured again; `told` are the openings that its readers know, from before. Those
/// that are over meanwhile are closed. The aggregator's silence is left out while it lasts.
std::vector<Entry> settle_return(const Receiver& receiver, const std::vector<Event>& told,
                                 const OpenProblems& open, bool aggregator_is_lost, Timestamp now);

/// The notifier's own words on what happened to the stream of events.
Event journal_changed(std::int64_t seq, Timestamp now);
Event events_missing(const EventGap& gap, Timestamp now);
Event updates_left_out(std::string_view sink, std::int64_t count, Timestamp now);
/// A sink does not take what it is given: for the other sinks. `set_aside` are the messages that it
/// is given no more.
Event sink_trouble(std::string_view sink, const std::string& why,
                   const std::vector<Event>& set_aside, std::int64_t waiting, Timestamp now);

}  // namespace stalewatch::notifier
