#pragma once

// Addresses of sockets: who may listen at one, and why nobody is reached there.

#include "common/bus/listener.hpp"

#include <string>

namespace stalewatch {

/// The right to listen at an address. Of `ipc://PATH` the lock PATH.lock, for libzmq's bind removes
/// whatever lies at the path, the socket of a living listener, too; the operating system gives it
/// up when the process ends, however it ends. Of `tcp://` nothing is held: a port is given once.
class AddressClaim {
 public:
  /// Makes folders that are missing, for their owner alone. Throws std::runtime_error that names
  /// the address and, as far as known, the process that has it. What a dead listener left does not
  /// count; a file that is no socket does.
  explicit AddressClaim(std::string endpoint);
  ~AddressClaim();
  AddressClaim(AddressClaim&& other) noexcept;
  AddressClaim& operator=(AddressClaim&&) = delete;

  const std::string& endpoint() const { return endpoint_; }
  /// Only its owner can enter the folder, and the socket is to be his alone as well.
  bool is_private() const;

 private:
  void claim_file(const std::string& path);
  void lock(const std::string& path);
  void look_at_path(const std::string& path) const;
  void look_at_port() const;
  [[noreturn]] void fail_in_use(const Listener& by) const;

  std::string endpoint_;
  int lock_fd_ = -1;
};

/// Throws the std::runtime_error of an address that cannot be listened at.
[[noreturn]] void fail_to_listen(const std::string& endpoint, const std::string& why);

/// Why nobody answers at an `ipc://` address and what to do, beginning with ": "; "" for others.
std::string why_unreached(const std::string& endpoint);

}  // namespace stalewatch
