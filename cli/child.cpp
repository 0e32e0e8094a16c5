#include "cli/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace stalewatch::cli {
namespace {

constexpr int cannot_execute = 127;  // as shells do

struct Pipe {
  Descriptor read_end, write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
  // Only our end: the child expects ordinary, blocking output.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// In the forked child, where only async-signal-safe calls are allowed.
[[noreturn]] void become(char* const* argv, int out, int err, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before the line above
  setpgid(0, 0);  // Ctrl-C reaches the parent alone, which stops its children in its own way
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGHUP, SIG_IGN);  // a reload before it listens must not end it
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execv(argv[0], argv);
  const std::string_view trouble = "cannot be executed\n";
  if (write(STDERR_FILENO, trouble.data(), trouble.size()) < 0) _exit(cannot_execute);
  _exit(cannot_execute);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Child::Child(const ChildSpec& spec) {
  Pipe out_pipe = make_pipe();
  Pipe err_pipe = make_pipe();
  std::vector<std::string> command = spec.command;
  std::vector<char*> argv;
  for (auto& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot start " + spec.name + ": " + std::strerror(errno));
  if (pid_ == 0) become(argv.data(), out_pipe.write_end.get(), err_pipe.write_end.get(), parent);

  exit_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (exit_.get() < 0) {
    const int why = errno;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw std::runtime_error("cannot watch " + spec.name + ": " + std::strerror(why));
  }
  out = std::move(out_pipe.read_end);
  err = std::move(err_pipe.read_end);
}

void Child::send(int signal) const { kill(pid_, signal); }

int Child::reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

std::string describe_status(int status) {
  if (WIFSIGNALED(status))
    return "signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")";
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace stalewatch::cli
