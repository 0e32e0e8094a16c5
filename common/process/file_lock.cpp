#include "common/process/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace stalewatch {
namespace {

[[noreturn]] void fail(int error, const std::string& what, const char* hint = "") {
  throw std::system_error(error, std::generic_category(), what + hint);
}

}  // namespace

/// Not by O_CREAT where it lies already: in a sticky folder that fails for the file of somebody
/// else.
FileLock::FileLock(const std::string& path, bool writable, mode_t mode) {
  const int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW;
  fd_ = open(path.c_str(), flags);
  if (fd_ < 0 && errno == ENOENT) fd_ = open(path.c_str(), flags | O_CREAT, mode);
  if (fd_ < 0) fail(errno, "cannot open " + path);
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  release();
  fail(error, "cannot lock " + path, error == EWOULDBLOCK ? "" : ", which needs a local disk");
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    release();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

bool FileLock::has_path() const {
  struct stat held {};
  return is_held() && fstat(fd_, &held) == 0 && held.st_nlink > 0;
}

void FileLock::release() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace stalewatch
