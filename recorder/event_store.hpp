#pragma once

// The port between the recorder's writer and a database.

#include "common/bus/event_stream.hpp"
#include "common/messages/messages.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace stalewatch::recorder {

/// What kind of failure it was, which says what can help.
enum class Trouble {
  connection,  ///< the server is not there, or was lost: outcome of a commit unknown
  refused,     ///< for now: locked, deadlock, too many connections, disk full, read-only
  /// Until somebody changes something: access denied, no such database, a table that is not ours.
  configuration,
  data,  ///< this row, for ever
};

const char* name_of(Trouble trouble);

struct StoreError {
  Trouble trouble = Trouble::connection;
  /// One line for people; names the database, never holds a password or the content of rows.
  std::string text;
  /// Events that are stored if a commit took effect whose answer did not come.
  std::set<std::int64_t> perhaps_stored = {};
};

/// What a write has made; less than it was given where it was stored already.
struct Rows {
  std::size_t updates = 0;
  std::size_t events = 0;
};

/// What a write of lines has made, and what it has found.
struct LinesStored {
  Rows rows;
  std::set<std::int64_t> there_before;  ///< of these lines
  bool watched_are_there = true;
};

/// Keeps recorded events and, with them, how far the journal has been taken.
class EventStore {
 public:
  virtual ~EventStore() = default;

  /// Where the events come from that the stored ones belong to; nothing when none were stored yet.
  using Opened = std::variant<std::optional<Cursor>, StoreError>;
  /// Connects (anew) and makes or checks the tables.
  virtual Opened open() = 0;

  using Written = std::variant<Rows, StoreError>;
  /// Stores these events of one journal and the cursor, when given, together or not at all; events
  /// that are stored already stay as they are. After an error open() is to be called before the
  /// next write, and tells what took effect.
  virtual Written write(const std::string& journal, std::span<const Event> events,
                        const std::optional<Cursor>& cursor) = 0;

  using WrittenLines = std::variant<LinesStored, StoreError>;
  /// The same for events that go by no cursor; asks in the same transaction whether all of
  /// `watched`, which were stored before, are there.
  virtual WrittenLines write_lines(const std::string& journal, std::span<const Event> lines,
                                   std::span<const std::int64_t> watched) = 0;

  static constexpr std::size_t held_page = 10'000;
  using Held = std::variant<std::vector<std::int64_t>, StoreError>;
  /// Which numbers behind `after` up to `last` are stored, in ascending order; the first held_page
  /// of them. An error is as one of write().
  virtual Held held(const std::string& journal, std::int64_t after, std::int64_t last) = 0;

  /// For people: engine, host or path, database, table, user.
  virtual std::string describe() const = 0;
};

}  // namespace stalewatch::recorder
