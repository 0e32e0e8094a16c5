#pragma once

// Who listens at an address of this host.

#include <sys/types.h>

#include <optional>
#include <string>

namespace stalewatch {

struct Listener {
  pid_t pid = 0;        ///< 0: not known
  std::string program;  ///< "stalewatch-aggregator"; empty: not known

  /// "another aggregator (process 4711)", "another program (process 80, nginx)".
  std::string words() const;
};

/// Tries to connect to a unix socket; '@' begins the name of an abstract one. 0 and, where somebody
/// answers, who listens; else an errno: ENOENT, ECONNREFUSED (nobody listens any more), EACCES.
int try_unix_socket(const std::string& path, Listener& listener);

/// Whether somebody has that port of that address of this host (by number); "*": of any. False,
/// too, for what is no address of ours.
bool is_port_taken(const std::string& host, const std::string& port);

/// Who listens at a TCP port, as far as this user may know, and if only one does.
Listener listener_at_port(const std::string& port);

}  // namespace stalewatch
