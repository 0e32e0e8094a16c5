#pragma once

// Addresses of sockets: who may listen at one, and why nobody is reached there.

#include "common/bus/listener.hpp"
#include "common/process/file_lock.hpp"

#include <sys/types.h>

#include <string>

namespace stalewatch {

/// The right to listen at an address. Of `ipc://PATH` the lock PATH.lock, for libzmq's bind removes
/// whatever lies at the path, the socket of a living listener, too; the operating system gives it
/// up when the process ends, however it ends. Of `tcp://` nothing is held: a port is given once.
class AddressClaim {
 public:
  /// Makes folders that are missing. Throws std::runtime_error that names the address and, as far
  /// as known, the process that has it. Only what certainly nobody listens at any more is replaced.
  explicit AddressClaim(std::string endpoint);

  const std::string& endpoint() const { return endpoint_; }
  /// Only its owner can enter the folder, and the socket is to be his alone as well.
  bool is_private() const;

  /// The socket's file has been made.
  void bound();
  /// It and its lock lie where they were. False: nobody finds the way to us, or another one may
  /// come in our place.
  bool is_in_place() const;
  /// Claims the address again. Throws as the constructor does. False: the socket lies in its place,
  /// and only the lock did not.
  bool renew();

 private:
  struct Place {
    dev_t device = 0;
    ino_t file = 0;
    bool operator==(const Place&) const = default;
  };
  static Place place_of(const std::string& path);
  void claim();
  void claim_file(const std::string& path);
  bool has_its_socket() const;
  void lock(const std::string& path);
  void look_at_path(const std::string& path) const;
  void look_at_port() const;
  [[noreturn]] void fail_in_use(const Listener& by) const;

  std::string endpoint_;
  FileLock lock_;
  Place place_;  ///< of the socket's file, since bound()
};

/// Throws the std::runtime_error of an address that cannot be listened at.
[[noreturn]] void fail_to_listen(const std::string& endpoint, const std::string& why);

/// Why nobody answers at an `ipc://` address and what to do, beginning with ": "; "" for others.
std::string why_unreached(const std::string& endpoint);

}  // namespace stalewatch
