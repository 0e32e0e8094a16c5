#include "mock_server/connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace stalewatch::mock_server {

bool Connection::pause(Duration length) {
  const auto end = std::chrono::steady_clock::now() + length;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    pollfd item{socket_, POLLRDHUP, 0};
    constexpr std::int64_t longest_ms = 60000;  // poll takes an int
    poll(&item, 1, static_cast<int>(std::min<std::int64_t>(left.count(), longest_ms)));
    if ((item.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0) return false;
  }
}

void Connection::reset() {
  // Dissolves the association (connect(2)): the peer gets RST at once, and what is still in the
  // send buffer is gone. An abortive close (SO_LINGER) would come too late, after the FIN of the
  // library's shutdown.
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  connect(socket_, &nobody, sizeof nobody);
  intact_ = false;
}

}  // namespace stalewatch::mock_server
