#pragma once

// Carries what a sink owes from the state file to the sink, at the sink's own pace.

#include "notifier/metrics.hpp"
#include "notifier/sinks/sink.hpp"
#include "notifier/store.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace stalewatch::notifier {

class Courier {
 public:
  /// `tell_others` gets what the other sinks have to say of this one's trouble, on the courier's
  /// thread.
  Courier(const SinkKind& kind, std::unique_ptr<Sink> sink, Store& store, Metrics& metrics,
          std::function<void(Event)> tell_others);
  /// Stops and waits for the thread.
  ~Courier();

  /// What came of a turn.
  struct Turn {
    bool waits = false;                  ///< something is owed
    bool failed = false;                 ///< an attempt was made in vain
    std::optional<SteadyTime> again_at;  ///< when to come again; nothing: when woken
  };
  /// One attempt to hand over what is owed now.
  Turn turn(Now now, const std::stop_token& stop);

  /// Takes turns on a thread of its own from now on.
  void start();
  /// There is something new.
  void wake();
  /// Asks the thread to end; it may take a second.
  void request_stop();
  /// Whether it has ended, or never started, by then.
  bool stopped_by(SteadyTime deadline);

  const SinkKind& kind() const { return kind_; }

 private:
  void run(const std::stop_token& stop);
  void settle(const Handover& handover, const std::vector<Item>& items, Now now);

  const SinkKind& kind_;
  std::unique_ptr<Sink> sink_;
  Store& store_;
  Metrics& metrics_;
  std::function<void(Event)> tell_others_;
  bool noted_ = true;  ///< the state file may speak of trouble, from before a restart
  bool told_ = false;  ///< the others know of the trouble that there is

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = false;
  bool running_ = false;
  std::jthread thread_;  ///< last: ends first
};

}  // namespace stalewatch::notifier
