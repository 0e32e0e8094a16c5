#include "common/process/listen.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace stalewatch {
namespace {

/// -1 and errno when it cannot listen there.
int listening_socket(const addrinfo& address, int backlog) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  // A port whose old connections still linger can be taken again; one that is listened on cannot,
  // for that would need SO_REUSEPORT.
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, backlog) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

ListenAddress parse_listen_address(const std::string& text) {
  const auto colon = text.rfind(':');
  const auto wrong = [&] {
    return std::runtime_error("\"" + text + "\" is no address to listen on: 127.0.0.1:9101, " +
                              ":9101 or [::1]:9101 are");
  };
  if (colon == std::string::npos) throw wrong();
  ListenAddress address{text.substr(0, colon), 0};
  if (address.host.empty()) address.host = "0.0.0.0";
  if (address.host.front() == '[' && address.host.back() == ']')
    address.host = address.host.substr(1, address.host.size() - 2);
  else if (address.host.find(':') != std::string::npos)
    throw wrong();
  const std::string port = text.substr(colon + 1);
  if (address.host.empty() || port.empty() || port.size() > 5 ||
      port.find_first_not_of("0123456789") != std::string::npos || std::stoi(port) > 65535)
    throw wrong();
  address.port = std::stoi(port);
  return address;
}

Result<int> listen_on(const ListenAddress& address, int backlog) {
  addrinfo wanted{};
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &list) != 0)
    return Error{"no such address"};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(list, freeaddrinfo);
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next)
    if (const int fd = listening_socket(*one, backlog); fd >= 0) return fd;
  return Error{std::strerror(errno)};
}

int port_of(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  // The port has the same place in the addresses of both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace stalewatch
