#include "common/process/standard_input.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace stalewatch {

std::vector<Lines::Line> StandardInput::read() {
  char bytes[1 << 16];
  const auto count = ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (count > 0) return lines_.feed({bytes, static_cast<std::size_t>(count)});
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (count < 0) failure_ = std::generic_category().message(errno);
  has_ended_ = true;
  return lines_.finish();
}

}  // namespace stalewatch
