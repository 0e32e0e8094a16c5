#include "common/process/sqlite_leftovers.hpp"

#include "common/process/log.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <system_error>

namespace stalewatch {
namespace {

constexpr const char* attribute = "user.stalewatch.belongs_to";

/// SQLite has them beside the file itself, not beside a link to it.
std::string resolved(const std::string& file) {
  std::error_code unknown;
  const auto path = std::filesystem::weakly_canonical(file, unknown);
  return unknown ? file : path.string();
}

ino_t inode_of(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

/// The inode of the file that it was marked for; 0: not known.
ino_t marked_owner(const std::string& part, ino_t own) {
  std::array<char, 64> bytes{};
  const auto length = getxattr(part.c_str(), attribute, bytes.data(), bytes.size());
  std::istringstream text(
      std::string(bytes.data(), length > 0 ? static_cast<std::size_t>(length) : 0));
  ino_t owner = 0, marked = 0;
  text >> owner >> marked;
  return text && marked == own ? owner : 0;
}

/// With its own inode, since a copy belongs to a copy. Once for all: by now another file may have
/// been put in the place of the one that is open.
void mark(const std::string& part, ino_t owner, ino_t own) {
  if (own == 0 || marked_owner(part, own) != 0) return;
  const std::string text = std::to_string(owner) + " " + std::to_string(own);
  setxattr(part.c_str(), attribute, text.data(), text.size(), 0);
}

/// The inode of the file that it belongs to, if that is another one; 0: not known, or this one.
ino_t other_owner(const std::string& part, ino_t file, ino_t before, ino_t owner_before) {
  const ino_t own = inode_of(part);
  if (own == 0) return 0;
  const ino_t marked = marked_owner(part, own);
  const ino_t owner = marked == 0 && own == before ? owner_before : marked;
  return owner == file ? 0 : owner;
}

std::string cannot(const std::string& part) {
  return part + " belongs to another file than the one beside it, and cannot be moved away: " +
         std::generic_category().message(errno) + "; move it away by hand.";
}

}  // namespace

SqliteInodes mark_as_belonging(const std::string& file) {
  const auto path = resolved(file), log = path + "-wal", index = path + "-shm";
  const SqliteInodes found{inode_of(path), inode_of(log), inode_of(index)};
  mark(log, found.file, found.log);
  mark(index, found.file, found.index);
  return found;
}

std::string put_leftovers_aside(const std::string& file, const SqliteInodes& before) {
  const auto path = resolved(file), log = path + "-wal", index = path + "-shm";
  const ino_t now = inode_of(path);
  if (const ino_t owner = other_owner(log, now, before.log, before.file)) {
    const auto aside = log + ".of-inode-" + std::to_string(owner);
    std::error_code unknown;
    const bool is_empty = std::filesystem::file_size(log, unknown) == 0;
    if ((is_empty ? unlink(log.c_str()) : std::rename(log.c_str(), aside.c_str())) != 0)
      return cannot(log);
    if (!is_empty)
      log::warn(
          "another file lay at {} before: the last that was stored in that one is put aside as {}. "
          "To have it there again, move it beside the file with the inode {} and name it as that "
          "one, with -wal, before anybody opens that",
          path, aside, owner);
  }
  if (other_owner(index, now, before.index, before.file) != 0 && unlink(index.c_str()) != 0)
    return cannot(index);
  return {};
}

}  // namespace stalewatch
