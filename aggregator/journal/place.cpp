// The file as such: opened, damaged, gone from its place, or an older copy of itself.

#include "aggregator/journal/impl.hpp"
#include "aggregator/journal/schema.hpp"
#include "common/process/private_files.hpp"
#include "common/process/sqlite_session.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace stalewatch::aggregator {
namespace {

// Forks that are remembered; who comes with an older one starts over.
constexpr std::size_t longest_lineage = 20;

struct Ancestor {
  std::string journal;
  std::int64_t head = 0;  // where it was forked
};

std::vector<Ancestor> lineage_of(soci::session& sql) {
  std::vector<Ancestor> lineage;
  std::istringstream text(journal_meta(sql, "lineage"));
  for (Ancestor one; text >> one.journal >> one.head;) lineage.push_back(one);
  return lineage;
}

std::uint64_t inode_of(const std::string& path) {
  struct stat file {};
  return stat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

void sync(const std::string& path, const std::string& journal) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool failed = fd < 0 || fsync(fd) != 0;
  if (fd >= 0) close(fd);
  if (failed)
    throw JournalError(JournalFault::io_error,
                       "journal " + journal + ": cannot write it anew: " + std::strerror(errno));
}

}  // namespace

void Journal::Impl::open(bool for_writing) {
  if (for_writing)
    if (const auto why = put_leftovers_aside(path, marked); !why.empty())
      throw JournalError(JournalFault::io_error, "journal " + path + ": cannot open it: " + why);
  sql.open("sqlite3", "dbname=\"" + path + "\" timeout=3");
  sql << "PRAGMA synchronous = FULL";  // not as SOCI's option: where it fails, the file stays open
  if (!for_writing) return check_journal(sql, path);
  marked = begin_log(sql, path);
  if (has_moved(sql))
    throw JournalError(JournalFault::io_error, "journal " + path +
                                                   ": cannot open it: another file was put in its "
                                                   "place meanwhile; start again");
  migrate_journal(sql, path);
  look_for_damage();
  writes = true;
}

void Journal::Impl::remember_place() {
  inode = inode_of(path);
  log_inode = inode_of(path + "-wal");
}

Journal::Place Journal::place() const {
  const auto now = inode_of(impl_->path);
  if (now != 0 && now != impl_->inode) return Place::taken;
  const bool log_is_there = inode_of(impl_->path + "-wal") == impl_->log_inode;
  return now == 0 || !log_is_there ? Place::gone : Place::ours;
}

void Journal::rebuild() {
  const auto& path = impl_->path;
  const auto fresh = path + ".new";
  try {
    const auto folder = std::filesystem::absolute(path).parent_path();
    if (const auto error = make_folders(folder))
      throw std::filesystem::filesystem_error("its folder", error);
    std::filesystem::remove(fresh);
    make_private_file(fresh);
    impl_->sql << "VACUUM INTO :f", soci::use(fresh);
    sync(fresh, path);
    for (const auto* part : {"-wal", "-shm"}) std::filesystem::remove(path + part);
    std::filesystem::rename(fresh, path);
    sync(folder, path);
    reopen();
  } catch (const soci::soci_error& e) {
    fail(path, "write it anew", e);
  } catch (const std::filesystem::filesystem_error& e) {
    throw JournalError(JournalFault::io_error,
                       "journal " + path + ": cannot write it anew: " + e.code().message());
  }
}

void Journal::withdraw() { withdraw_log(impl_->path, impl_->marked); }

void Journal::reopen() {
  try {
    impl_->sql.close();
    impl_->open(impl_->writes);
    impl_->log_limited_for = 0;
    impl_->remember_place();
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "open it", e);
  }
}

/// SQLite notices a damaged page only when it comes across it. A whole look takes about a second
/// for the largest file that gets one.
void Journal::Impl::look_for_damage() {
  constexpr std::int64_t largest = std::int64_t{256} << 20;
  if (live_bytes() > largest) return;
  std::string verdict;
  sql << "PRAGMA quick_check(1)", soci::into(verdict);
  if (verdict != "ok")
    throw JournalError(JournalFault::damaged, "journal " + path + ": cannot use it: " +
                                                  std::string(words_of(JournalFault::damaged)) +
                                                  " (" + verdict + ")");
}

/// Within a transaction.
void Journal::Impl::fork(const Fork& fork) {
  auto lineage = lineage_of(sql);
  lineage.push_back({journal_meta(sql, "journal_id"), fork.shared});
  if (lineage.size() > longest_lineage) lineage.erase(lineage.begin());
  std::string text;
  for (const auto& one : lineage) text += one.journal + " " + std::to_string(one.head) + "\n";
  put_journal_meta(sql, "lineage", text);
  put_journal_meta(sql, "journal_id", fork.id);
}

void Journal::fork(const Fork& fork) {
  try {
    WriteTransaction transaction(impl_->sql);
    impl_->fork(fork);
    transaction.commit();
    id_ = fork.id;
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "fork it", e);
  }
}

std::optional<std::int64_t> Journal::Impl::shared_with(const std::string& other) {
  const auto lineage = lineage_of(sql);
  auto one = std::find_if(lineage.begin(), lineage.end(),
                          [&](const Ancestor& a) { return a.journal == other; });
  if (one == lineage.end()) return std::nullopt;
  std::int64_t shared = one->head;
  for (; one != lineage.end(); ++one) shared = std::min(shared, one->head);
  return shared;
}

}  // namespace stalewatch::aggregator
