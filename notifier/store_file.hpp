#pragma once

// The notifier's file as such: opened, locked, and kept at its path.

#include "common/process/file_lock.hpp"
#include "common/process/sqlite_leftovers.hpp"

#include <memory>
#include <string>

namespace soci {
class session;
}

namespace stalewatch::notifier {

class StoreFile {
 public:
  /// Opens or makes the file and its folder, and brings it up to date; ":memory:" for none. Throws
  /// std::runtime_error naming the file, also when it is another notifier's, or none of one.
  explicit StoreFile(const std::string& path);
  ~StoreFile();
  StoreFile(const StoreFile&) = delete;
  StoreFile& operator=(const StoreFile&) = delete;

  soci::session& sql() { return *sql_; }

  /// What is written into a file that its path does not name any more would be gone after the next
  /// start: one that was deleted or moved away is written anew from the one that is open. What
  /// somebody put there is left alone. Not within a transaction.
  void keep_place();

 private:
  void open();
  void write_anew();
  void lock();
  bool is_at_its_path();

  std::string path_;  ///< empty: in memory
  std::unique_ptr<soci::session> sql_;
  FileLock lock_;
  SqliteFiles marked_;
  bool told_replaced_ = false;
};

}  // namespace stalewatch::notifier
