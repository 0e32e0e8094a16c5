#include "common/process/sqlite_leftovers.hpp"

#include "common/process/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

namespace stalewatch {
namespace {

/// Short, so that it finds room in the inode itself: on a full disk, too.
constexpr const char* attribute = "user.stalewatch.of";
/// Of one inode; more is a matter for people.
constexpr int most_put_aside = 100;

/// SQLite has them beside the file itself, not beside a link to it.
std::string resolved(const std::string& file) {
  std::error_code unknown;
  const auto path = std::filesystem::weakly_canonical(file, unknown);
  return unknown ? file : path.string();
}

FileIdentity identity_of(const std::string& path) {
  struct statx found {};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) return {};
  FileIdentity identity{.inode = found.stx_ino};
  if ((found.stx_mask & STATX_BTIME) != 0)
    identity.born = found.stx_btime.tv_sec * 1'000'000 + found.stx_btime.tv_nsec / 1'000;
  return identity;
}

/// The file that it was marked for; none: not known.
FileIdentity marked_owner(const std::string& part, const FileIdentity& own) {
  std::array<char, 128> bytes{};
  const auto length = getxattr(part.c_str(), attribute, bytes.data(), bytes.size());
  std::istringstream text(
      std::string(bytes.data(), length > 0 ? static_cast<std::size_t>(length) : 0));
  FileIdentity owner, marked;
  text >> owner.inode >> owner.born >> marked.inode >> marked.born;
  return text && marked.is(own) ? owner : FileIdentity{};
}

/// With its own identity, since a copy belongs to a copy. Once for all: by now another file may
/// have been put in the place of the one that is open. False where nothing can be marked.
bool mark(const std::string& part, const FileIdentity& owner, const FileIdentity& own) {
  if (own.inode == 0 || marked_owner(part, own).inode != 0) return true;
  std::ostringstream text;
  text << owner.inode << ' ' << owner.born << ' ' << own.inode << ' ' << own.born;
  return setxattr(part.c_str(), attribute, text.str().data(), text.str().size(), 0) == 0 ||
         errno != ENOTSUP;
}

/// The file that it belongs to, if that is another one; none: not known, or this one.
FileIdentity other_owner(const std::string& part, const FileIdentity& file,
                         const FileIdentity& before, const FileIdentity& owner_before) {
  const auto own = identity_of(part);
  if (own.inode == 0) return {};
  auto owner = marked_owner(part, own);
  if (owner.inode == 0 && own.is(before)) owner = owner_before;
  return owner.is(file) ? FileIdentity{} : owner;
}

bool is_empty(const std::string& path) {
  std::error_code none;
  return std::filesystem::file_size(path, none) == 0 || none;
}

/// Under the name that is wanted, or that and a number: nothing that was put aside before is
/// overwritten. The name; empty: it cannot be done, errno says why.
std::string move_aside(const std::string& part, const std::string& wanted) {
  std::string name = wanted;
  std::error_code unknown;
  for (int n = 2; std::filesystem::exists(name, unknown); ++n) {
    if (n > most_put_aside) return errno = EEXIST, std::string();
    name = wanted + "." + std::to_string(n);
  }
  return std::rename(part.c_str(), name.c_str()) == 0 ? name : std::string();
}

std::string cannot(const std::string& part) {
  return part + " belongs to another file than the one beside it, and cannot be moved away: " +
         std::generic_category().message(errno) + "; move it away by hand.";
}

/// How a file says that it is to be read.
enum class FileMode { nothing, rollback, log, unknown };

FileMode mode_of(const std::string& path) {
  std::array<char, 20> header{};
  std::ifstream file(path, std::ios::binary);
  file.read(header.data(), header.size());
  if (file.gcount() == 0) return FileMode::nothing;
  if (!file || std::string_view(header.data(), 15) != "SQLite format 3") return FileMode::unknown;
  if (header[18] == 2) return FileMode::log;
  return header[18] == 1 ? FileMode::rollback : FileMode::unknown;
}

/// By SQLite's lock of who is about to write, which holds as long as its transaction.
bool is_being_written(const std::string& path) {
  struct flock reserved {};
  reserved.l_type = F_WRLCK;
  reserved.l_whence = SEEK_SET;
  reserved.l_start = 0x40000001;
  reserved.l_len = 1;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_locked =
      fd >= 0 && fcntl(fd, F_OFD_GETLK, &reserved) == 0 && reserved.l_type != F_UNLCK;
  if (fd >= 0) close(fd);
  return is_locked;
}

/// SQLite undoes what a journal holds unless that is empty, or was cleared at the end of a
/// transaction.
bool is_hot(const std::string& journal) {
  return std::ifstream(journal, std::ios::binary).get() > 0;
}

std::string put_foreign_part_aside(const std::string& path, const std::string& ending) {
  const auto part = path + ending, aside = move_aside(part, part + ".of-another");
  if (aside.empty()) return cannot(part);
  log::warn(
      "{} is of another file than the one that lies beside it now, which has no use for it: put "
      "aside as {}. It is of use only beside that file, under its name and {}",
      part, aside, ending);
  return {};
}

/// A file that is not in WAL mode has no log: it was left by one that lay there, or by what was
/// overwritten.
std::string put_foreign_log_aside(const std::string& path) {
  const auto log = path + "-wal";
  if (is_empty(log) || mode_of(path) != FileMode::rollback || is_being_written(path)) return {};
  return put_foreign_part_aside(path, "-wal");
}

/// A file in WAL mode has no rollback journal. One beside a file in the other mode may be its own,
/// unless it was there before the file.
std::string put_foreign_journal_aside(const std::string& path, const FileIdentity& file) {
  const auto journal = path + "-journal";
  if (!is_hot(journal) || is_being_written(path)) return {};
  const auto mode = mode_of(path);
  if (mode == FileMode::log || mode == FileMode::nothing)
    return put_foreign_part_aside(path, "-journal");
  const auto born = identity_of(journal).born;
  if (mode == FileMode::unknown || born == 0 || file.born == 0 || born >= file.born) return {};
  return journal +
         " is older than the file beside it: it may be another file's, and SQLite would "
         "write it into this one. Move it away; or, if both were copied there together, "
         "have SQLite open the file once: sqlite3 FILE 'PRAGMA user_version'.";
}

void tell(const std::string& path, const std::string& aside, bool was_deleted, ino_t owner) {
  if (was_deleted)
    log::warn(
        "another file lay at {} before, and was deleted: the last that was stored in that one is "
        "put aside as {}. It is of use only beside a copy of that file as it was then, under the "
        "copy's name with -wal",
        path, aside);
  else
    log::warn(
        "another file lay at {} before: the last that was stored in that one is put aside as {}. "
        "To have it there again, move it beside the file with the inode {} and name it as that "
        "one, with -wal, before anybody opens that",
        path, aside, owner);
}

}  // namespace

bool FileIdentity::is(const FileIdentity& other) const {
  return inode == other.inode && (born == other.born || born == 0 || other.born == 0);
}

SqliteFiles find_sqlite_files(const std::string& file) {
  const auto path = resolved(file);
  return {identity_of(path), identity_of(path + "-wal"), identity_of(path + "-shm")};
}

SqliteFiles mark_as_belonging(const std::string& file, const SqliteFiles& found) {
  const auto path = resolved(file);
  const bool log = mark(path + "-wal", found.file, found.log);
  const bool index = mark(path + "-shm", found.file, found.index);
  return log && index ? SqliteFiles{} : found;
}

std::string put_leftovers_aside(const std::string& file, const SqliteFiles& before) {
  const auto path = resolved(file), log = path + "-wal", index = path + "-shm";
  const auto now = identity_of(path);
  if (const auto owner = other_owner(log, now, before.log, before.file); owner.inode != 0) {
    if (is_empty(log)) {
      if (unlink(log.c_str()) != 0) return cannot(log);
    } else {
      const auto aside = move_aside(log, log + ".of-inode-" + std::to_string(owner.inode));
      if (aside.empty()) return cannot(log);
      tell(path, aside, owner.inode == now.inode, owner.inode);
    }
  }
  if (other_owner(index, now, before.index, before.file).inode != 0 && unlink(index.c_str()) != 0)
    return cannot(index);
  if (const auto why = put_foreign_log_aside(path); !why.empty()) return why;
  return put_foreign_journal_aside(path, now);
}

void withdraw_log(const std::string& file, const SqliteFiles& before) {
  const auto path = resolved(file), log = path + "-wal", index = path + "-shm";
  const auto now = identity_of(path);
  const auto owner = other_owner(log, now, before.log, before.file);
  if (owner.inode == 0) return;
  const auto aside = move_aside(log, log + ".of-inode-" + std::to_string(owner.inode));
  if (aside.empty()) return;
  tell(path, aside, false, owner.inode);
  if (other_owner(index, now, before.index, before.file).inode != 0) unlink(index.c_str());
}

}  // namespace stalewatch
