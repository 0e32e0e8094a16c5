#include "common/bus/listener.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

namespace stalewatch {
namespace {

namespace fs = std::filesystem;

std::string program_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
  std::string program;
  std::getline(file, program, '\0');
  return fs::path(program).filename().string();
}

/// Inodes of the sockets that listen at a port, in a file such as /proc/net/tcp (proc(5)).
void add_inodes(const char* table, unsigned port, std::set<std::string>& inodes) {
  constexpr std::string_view listening = "0A";
  std::ifstream file(table);
  std::string line, number, local, remote, state, skip, inode;
  std::getline(file, line);  // the columns' names
  while (std::getline(file, line)) {
    std::istringstream words(line);
    words >> number >> local >> remote >> state;
    for (int column = 0; column < 5; ++column) words >> skip;
    words >> inode;
    const auto digits = local.find(':') + 1;
    unsigned found = 0;
    std::from_chars(local.data() + digits, local.data() + local.size(), found, 16);
    if (state == listening && found == port) inodes.insert("socket:[" + inode + "]");
  }
}

bool has_open(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code ended, error;  // of other users: not ours to see
  fs::directory_iterator descriptor(process / "fd", ended);
  for (; !ended && descriptor != fs::directory_iterator(); descriptor.increment(ended))
    if (sockets.contains(fs::read_symlink(descriptor->path(), error).string())) return true;
  return false;
}

}  // namespace

std::string Listener::words() const {
  if (pid <= 0) return "another process";
  const auto number = std::to_string(pid);
  if (program == "stalewatch-aggregator") return "another aggregator (process " + number + ")";
  return "another program (process " + number + (program.empty() ? "" : ", " + program) + ")";
}

int try_unix_socket(const std::string& path, Listener& listener) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::copy(path.begin(), path.end(), address.sun_path);
  if (path.starts_with('@')) address.sun_path[0] = '\0';
  const bool is_abstract = address.sun_path[0] == '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  // EAGAIN: it listens, and has more callers than it takes.
  const bool reached =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0 || errno == EAGAIN;
  const int error = reached ? 0 : errno;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (reached && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0)
    listener = {peer.pid, program_of(peer.pid)};
  close(fd);
  return error;
}

bool is_port_taken(const std::string& host, const std::string& port) {
  addrinfo wanted{};
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;  // no name is looked up
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host == "*" ? nullptr : host.c_str(), port.c_str(), &wanted, &found) != 0)
    return false;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  // With it, connections that have just ended do not count; whoever listens does.
  const int reuse = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  const bool taken = bind(fd, found->ai_addr, found->ai_addrlen) != 0 && errno == EADDRINUSE;
  close(fd);
  return taken;
}

Listener listener_at_port(const std::string& port_text) {
  unsigned port = 0;
  std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  std::set<std::string> sockets;
  for (const auto* table : {"/proc/net/tcp", "/proc/net/tcp6"}) add_inodes(table, port, sockets);
  std::error_code error;
  Listener found;
  fs::directory_iterator process("/proc", error);
  for (; !error && process != fs::directory_iterator(); process.increment(error)) {
    const auto name = process->path().filename().string();
    pid_t pid = 0;
    std::from_chars(name.data(), name.data() + name.size(), pid);
    if (pid <= 0 || !has_open(process->path(), sockets)) continue;
    if (found.pid > 0) return {};  // one of several, at other addresses of this host
    found = {pid, program_of(pid)};
  }
  return found;
}

}  // namespace stalewatch
