#include "common/process/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace stalewatch {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // libcurl and OpenSSL write to closed connections
  fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

Signals::~Signals() { close(fd_); }

Signals::Seen Signals::take() {
  Seen seen;
  signalfd_siginfo info;
  while (read(fd_, &info, sizeof info) == sizeof info)
    (info.ssi_signo == SIGHUP ? seen.reload : seen.stop) = true;
  return seen;
}

}  // namespace stalewatch
