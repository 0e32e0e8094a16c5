#include "notifier/store.hpp"

#include "common/messages/json_lines.hpp"
#include "common/messages/names.hpp"
#include "common/process/log.hpp"
#include "notifier/clock_steps.hpp"
#include "notifier/store_file.hpp"

#include <soci/soci.h>

#include <limits>
#include <set>

namespace stalewatch::notifier {
namespace {

using soci::into, soci::use;

/// What was given up is listed for this long, and no more than so many: a chat that is gone for
/// good must not fill the disk.
constexpr Duration set_aside_kept = std::chrono::hours(24 * 30);
constexpr std::int64_t set_aside_limit = 10'000;

std::string_view name_of(Note note) {
  switch (note) {
    case Note::already_open:
      return "already_open";
    case Note::nothing_open:
      return "nothing_open";
    case Note::event:
      break;
  }
  return "event";
}

Note note_from(std::string_view name) {
  for (const auto note : {Note::already_open, Note::nothing_open})
    if (name == name_of(note)) return note;
  return Note::event;
}

/// The same for all events of one problem; for `retired` of the target's data, which stands for
/// the rest.
std::string subject_and_problem(const Event& e) {
  const auto problem = e.kind == Kind::retired ? name_of(Kind::stale) : problem_of(e.kind);
  return std::string(problem) + " " + e.target + (e.target.empty() ? e.name : "");
}

}  // namespace

struct Store::Database {
  explicit Database(const std::string& path) : file(path) {}

  StoreFile file;
  soci::session& sql = file.sql();
  ClockSteps clock;

  template <typename F>
  void transaction(F&& f) {
    file.keep_place();
    sql << "BEGIN IMMEDIATE";
    try {
      f();
      sql << "COMMIT";
    } catch (...) {
      try {
        sql << "ROLLBACK";
      } catch (const std::exception&) {  // SQLite has rolled back itself
      }
      throw;
    }
  }

  /// What was noted by the wall clock moves along when that is stepped: it is as long ago as
  /// before. Nobody knows what happened to the clock before this run; what is to come is of now.
  void follow_clock(Now now) {
    if (!clock.followed()) {
      const auto wall = to_us(now.wall);
      sql << "UPDATE outbox SET queued_at = :n WHERE queued_at > :n2", use(wall, "n"),
          use(wall, "n2");
    } else if (const auto step = clock.since_followed(now); step != Duration{0}) {
      const auto by = to_us(step);
      transaction([&] {
        sql << "UPDATE outbox SET queued_at = queued_at + :s", use(by, "s");
        sql << "UPDATE set_aside SET at = at + :s", use(by, "s");
        sql << "UPDATE trouble SET since = since + :s, at = at + :s2", use(by, "s"), use(by, "s2");
      });
    }
    clock.follow(now);
  }

  void keep_opening(const std::string& sink, const Event& e) {
    const std::string kind(name_of(e.kind)), opening = to_json_line(e);
    sql << "INSERT OR REPLACE INTO open_problems VALUES (:s, :k, :t, :n, :o)", use(sink, "s"),
        use(kind, "k"), use(e.target, "t"), use(subject_of(e), "n"), use(opening, "o");
  }

  /// A reminder of a problem whose opening did not go there: its readers know of it from now on.
  void keep_reminded(const std::string& sink, const Event& e) {
    const std::string kind(name_of(opening_of(e.kind))), opening = to_json_line(e);
    sql << "INSERT OR IGNORE INTO open_problems VALUES (:s, :k, :t, :n, :o)", use(sink, "s"),
        use(kind, "k"), use(e.target, "t"), use(subject_of(e), "n"), use(opening, "o");
  }

  void drop_opening(const std::string& sink, const Event& e) {
    const std::string kind(name_of(opening_of(e.kind)));
    if (e.kind == Kind::retired && e.target.empty()) return;  // one message about many targets
    if (e.kind == Kind::retired)
      sql << "DELETE FROM open_problems WHERE sink = :s AND target = :t", use(sink, "s"),
          use(e.target, "t");
    else
      sql << "DELETE FROM open_problems WHERE sink = :s AND kind = :k AND target = :t AND name = "
             ":n",
          use(sink, "s"), use(kind, "k"), use(e.target, "t"), use(subject_of(e), "n");
  }

  void add(const std::string& journal, Timestamp now, const Entry& entry) {
    const auto& e = entry.event;
    if (entry.silent) return drop_opening(entry.sink, e);
    const std::string note(name_of(entry.note)), event = to_json_line(e);
    const auto queued_at = to_us(now), episode = e.episode.value_or(0);
    const auto reminds = static_cast<int>(role_of(e.kind) == Role::reminds);
    if (entry.replaces_reminders)
      sql << "DELETE FROM outbox WHERE sink = :s AND episode = :e AND reminds = 1 AND journal = :j",
          use(entry.sink, "s"), use(episode, "e"), use(journal, "j");
    sql << "INSERT INTO outbox (sink, note, journal, seq, episode, reminds, queued_at, event) "
           "VALUES (:s, :n, :j, :q, :e, :r, :a, :v)",
        use(entry.sink, "s"), use(note, "n"), use(journal, "j"), use(e.seq, "q"), use(episode, "e"),
        use(reminds, "r"), use(queued_at, "a"), use(event, "v");
    if (entry.note != Note::nothing_open && role_of(e.kind) == Role::opens)
      keep_opening(entry.sink, e);
    if (role_of(e.kind) == Role::reminds) keep_reminded(entry.sink, e);
    if (role_of(e.kind) == Role::closes) drop_opening(entry.sink, e);
  }

  struct Lot {
    std::vector<Item> items;
    std::vector<std::pair<std::int64_t, std::string>> unreadable;  ///< id, and why
  };
  Lot oldest(const std::string& sink, std::size_t limit) {
    Lot lot;
    std::int64_t id = 0, queued_at = 0;
    const auto count = static_cast<std::int64_t>(limit);
    std::string note, event;
    soci::statement rows =
        (sql.prepare << "SELECT id, note, queued_at, event FROM outbox WHERE sink = :s "
                        "ORDER BY id LIMIT :l",
         into(id), into(note), into(queued_at), into(event), use(sink, "s"), use(count, "l"));
    rows.execute();
    while (rows.fetch()) {
      if (auto read = event_from_json(event))
        lot.items.push_back({id, note_from(note), *std::move(read), timestamp_from_us(queued_at)});
      else
        lot.unreadable.emplace_back(id, read.error());
    }
    return lot;
  }

  void move_to_set_aside(std::int64_t id, const std::string& why, Timestamp now) {
    const auto at = to_us(now);
    sql << "INSERT OR REPLACE INTO set_aside SELECT id, sink, :w, :a, journal, seq, event FROM "
           "outbox WHERE id = :i",
        use(why, "w"), use(at, "a"), use(id, "i");
    sql << "DELETE FROM outbox WHERE id = :i", use(id, "i");
  }

 private:
  /// Targets are told apart by their key, matters of the system by who is meant.
  static const std::string& subject_of(const Event& e) {
    static const std::string none;
    return e.target.empty() ? e.name : none;
  }
};

Store::Store(const std::string& path) : database_(std::make_unique<Database>(path)) {}

Store::~Store() = default;

std::optional<Cursor> Store::fetched() {
  const std::lock_guard lock(mutex_);
  Cursor cursor;
  database_->sql << "SELECT journal, seq FROM fetched", into(cursor.journal), into(cursor.seq);
  if (!database_->sql.got_data()) return std::nullopt;
  return cursor;
}

std::map<std::string, std::int64_t> Store::sinks() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::int64_t> found;
  std::string name;
  std::int64_t begins_after = 0;
  soci::statement rows = (database_->sql.prepare << "SELECT name, begins_after FROM sinks",
                          into(name), into(begins_after));
  rows.execute();
  while (rows.fetch()) found[name] = begins_after;
  return found;
}

Forgotten Store::forget(const std::string& sink, Now now) {
  const auto owed = pending(sink, std::numeric_limits<std::int32_t>::max(), now);
  const std::lock_guard lock(mutex_);
  auto& sql = database_->sql;
  Forgotten forgotten;
  database_->transaction([&] {
    std::set<std::string> untold;  // what is neither told to have begun nor needs to be closed
    for (const auto& item : owed) {
      const auto role = role_of(item.event.kind);
      const auto about = subject_and_problem(item.event);
      if (role == Role::closes && item.note == Note::event && !untold.contains(about)) {
        ++forgotten.kept;
        continue;
      }
      const auto text = to_json_line(item.event);
      sql << "DELETE FROM open_problems WHERE sink = :s AND opening = :o", use(sink, "s"),
          use(text, "o");
      if (role == Role::opens) untold.insert(about);
      sql << "DELETE FROM outbox WHERE id = :i", use(item.id, "i");
      ++forgotten.dropped;
    }
    sql << "DELETE FROM sinks WHERE name = :s", use(sink, "s");
    sql << "DELETE FROM trouble WHERE sink = :s", use(sink, "s");
  });
  return forgotten;
}

void Store::take_over(const Intake& intake, const std::function<void()>& written) {
  const std::lock_guard lock(mutex_);
  database_->follow_clock(intake.now);
  auto& sql = database_->sql;
  database_->transaction([&] {
    std::string journal;
    if (intake.cursor) {
      sql << "INSERT OR REPLACE INTO fetched VALUES (1, :j, :q)", use(intake.cursor->journal, "j"),
          use(intake.cursor->seq, "q");
      journal = intake.cursor->journal;
    } else {
      sql << "SELECT journal FROM fetched", into(journal);
    }
    if (intake.new_journal) {
      const std::string lost(name_of(Kind::aggregator_lost));
      // Sinks that are not configured keep theirs: they are settled when they come back.
      sql << "DELETE FROM open_problems WHERE kind <> :k AND sink IN (SELECT name FROM sinks)",
          use(lost, "k");
      sql << "UPDATE sinks SET begins_after = 0";
    }
    for (const auto& [sink, begins_after] : intake.new_sinks)
      sql << "INSERT OR REPLACE INTO sinks VALUES (:s, :q, :j, :q2)", use(sink, "s"),
          use(begins_after, "q"), use(journal, "j"), use(begins_after, "q2");
    for (const auto& [sink, opening] : intake.still_open) database_->keep_opening(sink, opening);
    for (const auto& entry : intake.entries) {
      database_->add(journal, intake.now.wall, entry);
      written();
    }
  });
}

std::vector<Item> Store::pending(std::string_view sink_name, std::size_t limit, Now now) {
  const std::lock_guard lock(mutex_);
  database_->follow_clock(now);
  const std::string sink(sink_name);
  while (true) {
    const auto lot = database_->oldest(sink, limit);
    for (const auto& [id, why] : lot.unreadable) {
      log::error("a message for {} cannot be read any more and is set aside: {}", sink, why);
      database_->transaction(
          [&, bad = id, &reason = why] { database_->move_to_set_aside(bad, reason, now.wall); });
    }
    // Behind those that cannot be read there may be others.
    if (!lot.items.empty() || lot.unreadable.empty()) return lot.items;
  }
}

void Store::delivered(std::string_view sink_name, const std::vector<std::int64_t>& ids) {
  if (ids.empty()) return;
  const std::lock_guard lock(mutex_);
  const std::string sink(sink_name);
  auto& sql = database_->sql;
  const auto last = ids.back();
  database_->transaction([&] {
    sql << "UPDATE sinks SET (journal, told) = (SELECT journal, seq FROM outbox WHERE id = :i) "
           "WHERE name = :s AND "
           "EXISTS (SELECT 1 FROM outbox WHERE id = :i2 AND seq > 0)",
        use(last, "i"), use(sink, "s"), use(last, "i2");
    std::int64_t id = 0;
    soci::statement remove = (sql.prepare << "DELETE FROM outbox WHERE id = :i", use(id, "i"));
    for (const auto one : ids) {
      id = one;
      remove.execute(true);
    }
  });
}

void Store::set_aside(std::string_view sink, const std::vector<std::int64_t>& ids,
                      const std::string& why, Now now) {
  const std::lock_guard lock(mutex_);
  database_->follow_clock(now);
  database_->transaction([&] {
    for (const auto id : ids) database_->move_to_set_aside(id, why, now.wall);
    const auto oldest = to_us(now.wall - set_aside_kept);
    database_->sql
        << "DELETE FROM set_aside WHERE at < :o OR id <= (SELECT id FROM set_aside ORDER "
           "BY id DESC LIMIT 1 OFFSET :l)",
        use(oldest, "o"), use(set_aside_limit, "l");
  });
  log::error("{} events will not be told on {}: {}", ids.size(), sink, why);
}

void Store::failing(std::string_view sink_name, const std::string& why, Now now) {
  const std::lock_guard lock(mutex_);
  database_->follow_clock(now);
  const std::string sink(sink_name);
  const auto at = to_us(now.wall);
  database_->sql << "INSERT INTO trouble VALUES (:s, :w, :f, :a) ON CONFLICT (sink) DO UPDATE SET "
                    "why = excluded.why, at = excluded.at",
      use(sink, "s"), use(why, "w"), use(at, "f"), use(at, "a");
}

void Store::working(std::string_view sink_name) {
  const std::lock_guard lock(mutex_);
  const std::string sink(sink_name);
  database_->sql << "DELETE FROM trouble WHERE sink = :s", use(sink, "s");
}

std::int64_t Store::backlog(std::string_view sink_name) {
  const std::lock_guard lock(mutex_);
  const std::string sink(sink_name);
  std::int64_t count = 0;
  database_->sql << "SELECT count(*) + 0 FROM outbox WHERE sink = :s", into(count), use(sink, "s");
  return count;
}

std::int64_t Store::last_told(std::string_view sink_name) {
  const std::lock_guard lock(mutex_);
  const std::string sink(sink_name);
  std::int64_t seq = 0;
  database_->sql << "SELECT told FROM sinks WHERE name = :s", into(seq), use(sink, "s");
  return seq;
}

std::vector<Event> Store::open_problems(std::string_view sink_name) {
  const std::lock_guard lock(mutex_);
  const std::string sink(sink_name);
  std::vector<Event> openings;
  std::string text;
  soci::statement rows =
      (database_->sql.prepare
           << "SELECT opening FROM open_problems WHERE sink = :s ORDER BY target, kind",
       into(text), use(sink, "s"));
  rows.execute();
  while (rows.fetch()) {
    if (auto read = event_from_json(text))
      openings.push_back(*std::move(read));
    else
      log::error("an open problem of {} cannot be read any more: {}", sink, read.error());
  }
  return openings;
}

}  // namespace stalewatch::notifier
