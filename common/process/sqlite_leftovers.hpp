#pragma once

// SQLite finds a file's write-ahead log (FILE-wal), its index (FILE-shm) and the rollback journal
// (FILE-journal) by name alone. In the place of a file that was moved away or replaced they would
// be taken for those of the one that lies there now, and be written into it: a mixture of both,
// which is damaged.

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace stalewatch {

/// Which file it is. A filesystem gives the inode of a deleted file to the next one, which is born
/// later.
struct FileIdentity {
  ino_t inode = 0;        ///< 0: there is no file
  std::int64_t born = 0;  ///< us since the epoch; 0: the filesystem does not say (ext4's of before)

  bool is(const FileIdentity& other) const;
};

/// An SQLite file and what SQLite keeps beside it.
struct SqliteFiles {
  FileIdentity file, log, index;
};

SqliteFiles find_sqlite_files(const std::string& file);

/// Once the file is open, and was found to be it: notes at its log and index whose they are, for
/// this process and whichever comes after it. On a filesystem without extended attributes (tmpfs
/// before Linux 6.6) what is returned is all that tells; else nothing is.
SqliteFiles mark_as_belonging(const std::string& file, const SqliteFiles& found);

/// Before the file is opened, while nothing of this process has it open: puts a log that is known
/// to belong to another file aside as FILE-wal.of-inode-N, and tells so in the log; its index goes.
/// So does a log beside a file that is not in WAL mode, and a rollback journal beside one that is,
/// as ....of-another. `before`: what marking returned the last time. Why it cannot be done, or is
/// for people to know, and what to do; the file must not be opened then. Else empty.
[[nodiscard]] std::string put_leftovers_aside(const std::string& file,
                                              const SqliteFiles& before = {});

/// While the file is open, and another one lies at its path: puts its log aside by the same name,
/// where it is written on.
void withdraw_log(const std::string& file, const SqliteFiles& before = {});

}  // namespace stalewatch
