#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace stalewatch::aggregator {

/// A file descriptor that becomes readable when another thread has something: lets one poll wait
/// for sockets and threads alike.
class Wake {
 public:
  Wake() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Wake() { close(fd_); }
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  int fd() const { return fd_; }
  void set() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written =
        write(fd_, &one, sizeof one);  // full means it is set already
  }
  void clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = read(fd_, &count, sizeof count);
  }

 private:
  int fd_;
};

}  // namespace stalewatch::aggregator
