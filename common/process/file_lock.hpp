#pragma once

#include <sys/types.h>

#include <string>

namespace stalewatch {

/// A file's lock (flock), held until release(); the operating system gives it up when the process
/// ends, however it ends.
class FileLock {
 public:
  FileLock() = default;
  /// Takes the lock without waiting. The file is made if it is not there, with `mode`; `writable`:
  /// its descriptor may be written to. Throws std::system_error that names the file: with the code
  /// std::errc::operation_would_block when another process holds it, with another one when the file
  /// or its lock cannot be had.
  explicit FileLock(const std::string& path, bool writable = true, mode_t mode = 0600);
  ~FileLock() { release(); }
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

  bool is_held() const { return fd_ >= 0; }
  /// Whether the file that is locked still lies somewhere: who comes next would make another one.
  bool has_path() const;
  int fd() const { return fd_; }
  void release();

 private:
  int fd_ = -1;
};

}  // namespace stalewatch
