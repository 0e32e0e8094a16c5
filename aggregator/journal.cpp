#include "aggregator/journal.hpp"

#include "aggregator/journal_schema.hpp"
#include "common/names.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

#include <fcntl.h>
#include <soci/soci.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace stalewatch::aggregator {
namespace {

// A page stays well below the largest frame.
constexpr std::size_t page_bytes = 1 << 20;
constexpr std::int64_t page_events = 5000;
// Pages of the write-ahead log after which SQLite would checkpoint inside a commit; quiet moments
// come first.
constexpr int checkpoint_pages = 16'000;

/// SOCI's what() holds the statement and its values; only the database's own words are shown.
[[noreturn]] void fail(const std::string& path, const std::string& what,
                       const soci::soci_error& e) {
  throw std::runtime_error("journal " + path + ": cannot " + what + ": " + e.get_error_message());
}

std::string connect_string(const std::string& path) {
  return "dbname=\"" + path + "\" timeout=10 synchronous=full";
}

}  // namespace

JournalLock::JournalLock(const std::string& journal_path) {
  const std::string path = journal_path + ".lock";
  if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty())
    std::filesystem::create_directories(folder);
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd_ < 0) throw std::runtime_error("cannot open " + path + ": " + std::strerror(errno));
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    const auto length = read(fd_, holder, sizeof holder - 1);
    ::close(fd_);
    throw std::runtime_error("journal " + journal_path + " is in use by " +
                             (length > 0 ? "the aggregator with process id " + std::string(holder)
                                         : std::string("another aggregator")) +
                             "; stop that one, or set journal.path to another file");
  }
  const auto pid = std::to_string(getpid());
  if (ftruncate(fd_, 0) != 0 || write(fd_, pid.data(), pid.size()) < 0)
    throw std::runtime_error("cannot write " + path + ": " + std::strerror(errno));
}

JournalLock::~JournalLock() { ::close(fd_); }

struct Journal::Impl {
  std::string path;
  soci::session sql;

  void insert_events(const std::vector<Changes>& changes) {
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

  void put_targets(const std::vector<Changes>& changes) {
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

  void put_acks(const std::vector<Changes>& changes) {
    for (const auto& change : changes)
      for (const auto& [consumer, seq] : change.acks)
        sql << "INSERT INTO consumers (name, seq) VALUES (:n, :s)"
               " ON CONFLICT (name) DO UPDATE SET seq = excluded.seq",
            soci::use(consumer), soci::use(seq);
  }

  void put_probers(const std::vector<Changes>& changes) {
    for (const auto& change : changes) {
      for (const auto& row : change.probers_joined)
        sql << "INSERT INTO probers (instance, name) VALUES (:i, :n)"
               " ON CONFLICT (instance) DO UPDATE SET name = excluded.name",
            soci::use(row.instance), soci::use(row.name);
      for (const auto& instance : change.probers_gone)
        sql << "DELETE FROM probers WHERE instance = :i", soci::use(instance);
    }
  }
};

Journal::Journal(const std::string& path, Mode mode) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  if (path.find('"') != std::string::npos)
    throw std::runtime_error("journal.path must not contain a double quote: " + path);
  try {
    if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty())
      std::filesystem::create_directories(folder);
    impl_->sql.open("sqlite3", connect_string(path));
    if (mode == Mode::write) {
      std::string answer;
      impl_->sql << "PRAGMA journal_mode = WAL", soci::into(answer);
      int pages = 0;
      impl_->sql << "PRAGMA wal_autocheckpoint = " + std::to_string(checkpoint_pages),
          soci::into(pages);
      migrate_journal(impl_->sql, path);
    } else {
      check_journal(impl_->sql, path);
    }
    id_ = journal_meta(impl_->sql, "journal_id");
  } catch (const soci::soci_error& e) {
    fail(path, "open it", e);
  } catch (const std::filesystem::filesystem_error& e) {
    throw std::runtime_error("journal " + path + ": " + e.code().message());
  }
}

Journal::~Journal() = default;

Restored Journal::restore() {
  try {
    Restored restored;
    soci::indicator any{};
    std::int64_t last = 0;
    impl_->sql << "SELECT max(seq) FROM events", soci::into(last, any);
    restored.next_seq = any == soci::i_ok ? last + 1 : 1;
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
      restored.targets.push_back({static_cast<std::uint32_t>(id), key, name, address, time_field,
                                  false, decode_state(state)});

    std::string instance;
    soci::statement probers = (impl_->sql.prepare << "SELECT name, instance FROM probers",
                               soci::into(name), soci::into(instance));
    probers.execute();
    while (probers.fetch()) restored.probers.push_back({name, instance});
    return restored;
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "read it", e);
  }
}

void Journal::write(const std::vector<Changes>& changes) {
  try {
    impl_->sql << "BEGIN IMMEDIATE";
    try {
      impl_->insert_events(changes);
      impl_->put_targets(changes);
      impl_->put_probers(changes);
      impl_->put_acks(changes);
      impl_->sql << "COMMIT";
    } catch (const soci::soci_error&) {
      try {
        impl_->sql << "ROLLBACK";
      } catch (
          const soci::soci_error&) {  // SQLite has rolled back already, as it does on a full disk
      }
      throw;
    }
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "write to it", e);
  }
}

Replayed Journal::read(std::int64_t after, std::int64_t limit) {
  Replayed page{.journal = id_, .after = after};
  try {
    soci::indicator any{};
    std::int64_t oldest = 0, head = 0;
    impl_->sql << "SELECT min(seq), max(seq) FROM events", soci::into(oldest, any),
        soci::into(head, any);
    if (any != soci::i_ok) oldest = head = 0;
    page.oldest = oldest;
    page.head = head;
    if (after < 0) page.after = head;

    std::string body;
    std::int64_t start = page.after, most = std::clamp<std::int64_t>(limit, 1, page_events);
    soci::statement rows =
        (impl_->sql.prepare << "SELECT body FROM events WHERE seq > :a ORDER BY seq LIMIT :l",
         soci::use(start), soci::use(most), soci::into(body));
    rows.execute();
    std::size_t bytes = 0;
    while (bytes < page_bytes && rows.fetch()) {
      auto event = decode<Event>(body);
      if (!event)
        throw std::runtime_error("journal " + impl_->path +
                                 ": an event is unreadable: " + event.error());
      bytes += body.size();
      page.events.push_back(*std::move(event));
    }
    const std::int64_t reached = page.events.empty() ? page.after : page.events.back().seq;
    page.caught_up = reached >= head;
    return page;
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
