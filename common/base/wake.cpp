#include "common/base/wake.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace stalewatch {

Wake::Wake() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Wake::~Wake() { close(fd_); }

void Wake::wake() const { eventfd_write(fd_, 1); }

bool Wake::take() const {
  eventfd_t times = 0;
  return eventfd_read(fd_, &times) == 0;
}

}  // namespace stalewatch
