#include "aggregator/journal/impl.hpp"
#include "aggregator/journal/lock.hpp"
#include "aggregator/journal/schema.hpp"
#include "common/base/text.hpp"
#include "common/messages/names.hpp"
#include "common/messages/piece.hpp"
#include "common/messages/wire.hpp"
#include "common/process/log.hpp"
#include "common/process/private_files.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <stdexcept>

namespace stalewatch::aggregator {
namespace {

constexpr std::int64_t page_events = 5000;

/// A number among the texts of the table meta; 0 when it is not there, or is none.
std::int64_t number_in(const std::string& text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : 0;
}

/// A state that cannot be understood costs its target what was known of it, and nothing else.
void restore_target(Restored& restored, TargetRow row, std::string_view bytes) {
  auto state = decode_state(bytes);
  if (!state) return restored.unreadable.push_back({std::move(row), state.error()});
  row.state = *std::move(state);
  restored.targets.push_back(std::move(row));
}

}  // namespace

JournalFault fault_of(int sqlite_result) {
  switch (sqlite_result & 0xff) {  // what is above says more than anybody needs
    case SQLITE_FULL:
      return JournalFault::disk_full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return JournalFault::io_error;
    case SQLITE_READONLY:
      return JournalFault::read_only;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return JournalFault::locked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return JournalFault::damaged;
    default:
      return JournalFault::other;
  }
}

void fail(const std::string& path, const std::string& what, const soci::soci_error& e) {
  const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&e);
  const auto fault = sqlite ? fault_of(sqlite->result()) : JournalFault::other;
  throw JournalError(fault, "journal " + path + ": cannot " + what + ": " +
                                std::string(words_of(fault)) + " (" + e.get_error_message() + ")");
}

std::string_view words_of(JournalFault fault) {
  switch (fault) {
    case JournalFault::disk_full:
      return "the disk is full; make room";
    case JournalFault::io_error:
      return "the disk or the filesystem reports an error";
    case JournalFault::read_only:
      return "the file or its filesystem is read-only";
    case JournalFault::locked:
      return "another process holds it locked; end that one";
    case JournalFault::damaged:
      return "the file is damaged; put a copy of it back while the aggregator is stopped, or move "
             "it away with its -wal and -shm to start anew (consumers then start over)";
    case JournalFault::other:
      break;
  }
  return "the database refuses";
}

void Journal::Impl::insert_events(const std::vector<Changes>& changes) {
  std::int64_t seq = 0, at = 0;
  std::string kind, target, body;
  soci::statement insert =
      (sql.prepare << "INSERT INTO events VALUES (:s, :a, :k, :t, :b)", soci::use(seq),
       soci::use(at), soci::use(kind), soci::use(target), soci::use(body));
  for (const auto& change : changes) {
    for (const auto& event : change.events) {
      seq = event.seq;
      at = to_us(event.at);
      kind = name_of(event.kind);
      target = event.target;
      body = encode(event);
      insert.execute(true);
    }
  }
}

void Journal::Impl::put_targets(const std::vector<Changes>& changes) {
  std::int64_t id = 0;
  int retired = 0;
  std::string key, name, address, time_field, state;
  soci::statement put =
      (sql.prepare << "INSERT OR REPLACE INTO targets VALUES (:i, :k, :n, :a, :f, :r, :s)",
       soci::use(id), soci::use(key), soci::use(name), soci::use(address), soci::use(time_field),
       soci::use(retired), soci::use(state));
  for (const auto& change : changes) {
    for (const auto& row : change.targets) {
      id = row.id;
      key = row.key, name = row.name, address = row.address, time_field = row.time_field;
      retired = row.retired;
      state = encode_state(row.state);
      put.execute(true);
    }
  }
}

void Journal::Impl::put_consumers(const std::vector<Changes>& changes) {
  for (const auto& change : changes) {
    for (const auto& name : change.consumers_gone)
      sql << "DELETE FROM consumers WHERE name = :n", soci::use(name);
    for (const auto& row : change.consumers) {
      const auto acked_at = to_us(row.acked_at), since = to_us(row.behind_since);
      sql << "INSERT OR REPLACE INTO consumers"
             " (name, seq, acked_at_us, behind, behind_since_us) VALUES (:n, :s, :a, :b, :t)",
          soci::use(row.name), soci::use(row.seq), soci::use(acked_at), soci::use(row.behind),
          soci::use(since);
    }
  }
}

std::vector<ConsumerRow> Journal::Impl::consumers() {
  std::vector<ConsumerRow> rows;
  ConsumerRow row;
  int registered = 0;
  std::int64_t acked_at = 0, since = 0;
  soci::statement select =
      (sql.prepare << "SELECT name, seq, registered, acked_at_us, behind, behind_since_us"
                      " FROM consumers",
       soci::into(row.name), soci::into(row.seq), soci::into(registered), soci::into(acked_at),
       soci::into(row.behind), soci::into(since));
  select.execute();
  while (select.fetch()) {
    row.registered = registered != 0;
    row.acked_at = node_time_from_us(acked_at);
    row.behind_since = node_time_from_us(since);
    rows.push_back(row);
  }
  return rows;
}

void Journal::Impl::put_probers(const std::vector<Changes>& changes) {
  for (const auto& change : changes) {
    for (const auto& instance : change.probers_gone)
      sql << "DELETE FROM probers WHERE instance = :i", soci::use(instance);
    for (const auto& row : change.probers) {
      const auto received = static_cast<std::int64_t>(row.received);
      const std::int64_t heard_at = to_us(row.heard_at);
      const int lost = row.lost;
      sql << "INSERT OR REPLACE INTO probers (instance, name, received, heard_at_us, lost)"
             " VALUES (:i, :n, :r, :h, :l)",
          soci::use(row.instance), soci::use(row.name), soci::use(received), soci::use(heard_at),
          soci::use(lost);
    }
  }
}

void Journal::Impl::put_trouble(const std::vector<Changes>& changes) {
  for (const auto& change : changes) {
    if (!change.trouble) continue;
    put_journal_meta(sql, "trouble", std::to_string(change.trouble->episode));
    put_journal_meta(sql, "trouble_since_us", std::to_string(to_us(change.trouble->since)));
  }
}

Journal::Journal(const std::string& path, Mode mode) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  if (path.find('"') != std::string::npos)
    throw std::runtime_error("journal.path must not contain a double quote: " + path);
  try {
    if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty())
      make_journal_folder(folder);
    if (mode == Mode::write) make_private_file(path);
    impl_->open(mode == Mode::write);
    id_ = journal_meta(impl_->sql, "journal_id");
    impl_->remember_place();
  } catch (const soci::soci_error& e) {
    fail(path, "open it", e);
  }
}

Journal::~Journal() = default;
Journal::Journal(Journal&&) noexcept = default;

Restored Journal::restore() {
  try {
    Restored restored;
    soci::indicator any{};
    std::int64_t last = 0;
    restored.next_seq = impl_->head() + 1;
    impl_->sql << "SELECT max(id) FROM targets", soci::into(last, any);
    restored.next_id = any == soci::i_ok ? static_cast<std::uint32_t>(last + 1) : 1;

    std::int64_t id = 0;
    std::string key, name, address, time_field, state;
    soci::statement targets =
        (impl_->sql.prepare
             << "SELECT id, key, name, address, time_field, state FROM targets WHERE retired = 0",
         soci::into(id), soci::into(key), soci::into(name), soci::into(address),
         soci::into(time_field), soci::into(state));
    targets.execute();
    while (targets.fetch())
      restore_target(
          restored,
          {static_cast<std::uint32_t>(id), key, name, address, time_field, false, StoredState{}},
          state);

    std::string instance;
    std::int64_t received = 0, heard_at = 0;
    int lost = 0;
    soci::statement probers =
        (impl_->sql.prepare << "SELECT name, instance, received, heard_at_us, lost FROM probers",
         soci::into(name), soci::into(instance), soci::into(received), soci::into(heard_at),
         soci::into(lost));
    probers.execute();
    while (probers.fetch())
      restored.probers.push_back({name, instance, static_cast<std::uint64_t>(received),
                                  node_time_from_us(heard_at), lost != 0});
    restored.consumers = impl_->consumers();
    restored.trouble = {number_in(journal_meta(impl_->sql, "trouble")),
                        node_time_from_us(number_in(journal_meta(impl_->sql, "trouble_since_us")))};
    return restored;
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "read it", e);
  }
}

void Journal::write(const std::vector<Changes>& changes) {
  try {
    WriteTransaction transaction(impl_->sql);
    impl_->note_steps_back(changes);
    impl_->insert_events(changes);
    impl_->put_targets(changes);
    impl_->put_probers(changes);
    impl_->put_consumers(changes);
    impl_->put_trouble(changes);
    for (const auto& change : changes)
      if (change.fork) impl_->fork(*change.fork);
    transaction.commit();
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "write to it", e);
  }
}

Replayed Journal::Impl::page(std::int64_t after, std::int64_t limit) {
  Replayed page{.journal = journal_meta(sql, "journal_id"), .after = after};
  page.head = head();
  page.oldest = number("SELECT min(seq) FROM events");
  if (page.oldest == 0 && page.head > 0) page.oldest = page.head + 1;  // all of them are deleted
  if (after < 0) page.after = page.head;

  std::string body;
  std::int64_t start = page.after, seq = 0, reached = page.after;
  soci::statement rows = (sql.prepare << "SELECT seq, body FROM events WHERE seq > :a ORDER BY seq",
                          soci::use(start), soci::into(seq), soci::into(body));
  rows.execute();
  Piece room;
  const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, page_events));
  while (page.events.size() < most && rows.fetch()) {
    Refusals refused;
    auto event = decode<Event>(body, refused);
    if ((!event || refused.count > 0) && unreadable.is_first(seq))
      log::error("event {} in the journal cannot be understood{}: {}", seq, event ? " in part" : "",
                 event ? refused.first : event.error());
    // Not by the size of `body`: one of another version may have other fields than what is sent.
    if (event && !room.take(encoded_size(*event))) break;
    reached = seq;
    // One that is not understood is a hole, like one that was deleted: what follows goes on.
    if (event) page.events.push_back(*std::move(event));
  }
  page.caught_up = reached >= page.head;
  return page;
}

Replayed Journal::read(std::int64_t after, std::int64_t limit) {
  try {
    const ReadTransaction moment(impl_->sql);
    return impl_->page(after, limit);
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "read it", e);
  }
}

Replayed Journal::read(const Replay& request) {
  try {
    const ReadTransaction moment(impl_->sql);
    if (!request.journal.empty() && request.journal != journal_meta(impl_->sql, "journal_id")) {
      auto page = impl_->page(request.after, 1);
      page.events.clear();
      page.caught_up = false;
      page.shared = impl_->shared_with(request.journal);
      return page;
    }
    return impl_->page(
        request.since ? impl_->head_before(from_wire(*request.since)) : request.after,
        request.limit);
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "read it", e);
  }
}

std::int64_t Journal::head() {
  try {
    return impl_->head();
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "read it", e);
  }
}

void Journal::checkpoint() {
  try {
    int busy = 0, log = 0, moved = 0;
    impl_->sql << "PRAGMA wal_checkpoint(PASSIVE)", soci::into(busy), soci::into(log),
        soci::into(moved);
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "checkpoint it", e);
  }
}

}  // namespace stalewatch::aggregator
