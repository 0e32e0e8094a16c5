#pragma once

namespace stalewatch {

/// Turns SIGTERM, SIGINT and SIGHUP into readable events of a file descriptor, so that ending and
/// reloading are ordinary inputs of a loop. Construct first thing in main, before any thread or
/// ZeroMQ context exists: all threads inherit the blocked signals. Ignores SIGPIPE.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_; }

  struct Seen {
    bool stop = false;    ///< SIGTERM or SIGINT
    bool reload = false;  ///< SIGHUP
  };
  /// Takes what has arrived, without waiting.
  Seen take();

 private:
  int fd_;
};

}  // namespace stalewatch
