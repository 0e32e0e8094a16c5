#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace stalewatch::cli {

/// How to start one process and what to call it.
struct ChildSpec {
  std::string name;                  ///< "prober"
  std::vector<std::string> command;  ///< path of the executable, then its arguments
  /// When all stop: those of 0 are asked first, the next when these have ended.
  unsigned stop_stage = 0;
};

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  void reset();
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// A running process: its exit and its output as descriptors for poll. Made from the only thread of
/// its parent; when the parent dies, however it dies, the kernel kills the child.
class Child {
 public:
  /// Throws std::runtime_error when it cannot be started. A command that cannot be executed ends
  /// with exit code 127.
  explicit Child(const ChildSpec& spec);

  pid_t pid() const { return pid_; }
  int exit_fd() const { return exit_.get(); }  ///< readable when it has ended
  Descriptor out, err;  ///< its stdout and stderr, never block; reset them at their end
  void send(int signal) const;
  /// Takes its wait status; call once, after exit_fd became readable.
  int reap();

 private:
  pid_t pid_ = -1;
  Descriptor exit_;
};

/// What a wait status means, for people: "exit code 1", "signal 11 (Segmentation fault)".
std::string describe_status(int status);

}  // namespace stalewatch::cli
