#include "mock_server/connection.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace stalewatch::mock_server {
namespace {

/// A TLS record carries at most this much; larger writes gain nothing.
constexpr std::size_t max_tls_write = 16 << 10;

void name_of_address(const sockaddr_storage& address, socklen_t length, std::string& ip,
                     int& port) {
  char host[NI_MAXHOST];
  char service[NI_MAXSERV];
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host, sizeof host, service,
                  sizeof service, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return;
  ip = host;
  port = std::atoi(service);
}

}  // namespace

bool OpenSockets::add(int socket) {
  const std::lock_guard lock(mutex_);
  if (!closing_) sockets_.insert(socket);
  return !closing_;
}

void OpenSockets::remove_and_close(int socket) {
  const std::lock_guard lock(
      mutex_);  // so that close_all never meets a number that is somebody else's by now
  sockets_.erase(socket);
  close(socket);
}

void OpenSockets::close_all() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
}

void OpenSockets::reopen() {
  const std::lock_guard lock(mutex_);
  closing_ = false;
}

bool Connection::fill() {
  ssize_t got = -1;
  do {
    got =
        tls_ ? SSL_read(tls_, buffer_, sizeof buffer_) : recv(socket_, buffer_, sizeof buffer_, 0);
  } while (got < 0 && !tls_ && errno == EINTR);
  begin_ = 0;
  end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  return got > 0;
}

bool Connection::wait_for_request() { return !broken_ && (begin_ < end_ || fill()); }

bool Connection::pause(Duration length) {
  const auto end = std::chrono::steady_clock::now() + length;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    pollfd item{socket_, POLLRDHUP, 0};
    constexpr std::int64_t longest_ms = 60000;  // poll takes an int
    poll(&item, 1, static_cast<int>(std::min<std::int64_t>(left.count(), longest_ms)));
    if ((item.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0) {
      give_up();
      return false;
    }
  }
}

void Connection::reset() {
  // An abortive close: the peer gets RST, and what is still in the send buffer is gone.
  const linger abort{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  give_up();
}

ssize_t Connection::read(char* buffer, std::size_t size) {
  if (!wait_for_request()) return -1;
  const std::size_t taken = std::min(size, end_ - begin_);
  std::memcpy(buffer, buffer_ + begin_, taken);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t Connection::write(const char* data, std::size_t size) {
  if (broken_) return -1;
  ssize_t sent = -1;
  do {
    sent = tls_ ? SSL_write(tls_, data, static_cast<int>(std::min(size, max_tls_write)))
                : send(socket_, data, size, MSG_NOSIGNAL);
  } while (sent < 0 && !tls_ && errno == EINTR);
  if (sent <= 0 && size > 0) give_up();
  return sent;
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0)
    name_of_address(address, length, ip, port);
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0)
    name_of_address(address, length, ip, port);
}

}  // namespace stalewatch::mock_server
