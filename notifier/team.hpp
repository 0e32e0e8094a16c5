#pragma once

// All couriers of a process, and what they report to its loop.

#include "common/base/wake.hpp"
#include "notifier/courier.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace stalewatch::notifier {

/// Events that couriers want told, for the loop that takes them over. Readable by a file
/// descriptor.
class Mailbox {
 public:
  int fd() const { return wake_.fd(); }
  void put(Event event);
  std::vector<Event> take();

 private:
  Wake wake_;
  std::mutex mutex_;
  std::vector<Event> events_;
};

class Team {
 public:
  Team(Store& store, Metrics& metrics) : store_(store), metrics_(metrics) {}

  /// Makes the couriers that the configuration asks for, and those anew that it changes. Throws
  /// std::runtime_error when a sink cannot be made; then everything stays as it was.
  void configure(const Config& config, bool threads);
  /// Their names and wants; `from` is what the state file knows.
  std::vector<Receiver> receivers();
  void wake();
  /// False when one could not be stopped within 2.5 s: its thread hangs in the system (a name
  /// server that does not answer). Everything that counts is in the state file.
  bool stop();

  Mailbox& mailbox() { return mailbox_; }
  std::vector<std::unique_ptr<Courier>>& couriers() { return couriers_; }

 private:
  Store& store_;
  Metrics& metrics_;
  Mailbox mailbox_;
  std::optional<Config> config_;
  std::vector<std::unique_ptr<Courier>> couriers_;  ///< in the order of sink_table()
};

}  // namespace stalewatch::notifier
