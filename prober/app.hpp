#pragma once

// The prober with an aggregator. One thread; each turn of the loop:
//   1. waits for a socket, a signal or the next deadline, and reads the clocks
//   2. takes what the aggregator sent: targets, answers to leases, acknowledgements of news
//   3. learns whether somebody takes samples: has subscribed, and acknowledges
//   4. takes in the answers of targets and starts what is due (Probing)
//   5. says hello or renews the lease
//   6. sends samples, in batches
//   7. tells how it is: /healthz, /readyz, /metrics

#include "common/bus/bus.hpp"
#include "common/config/config.hpp"
#include "common/process/signals.hpp"
#include "prober/aggregator_link.hpp"
#include "prober/metrics.hpp"
#include "prober/outbox.hpp"
#include "prober/probing.hpp"

#include <zmq.hpp>

#include <cstddef>
#include <string>

namespace stalewatch {
class Health;
}

namespace stalewatch::prober {

/// What a prober is called when nobody says: the host's name.
std::string host_name();

/// The settings that both modes share.
Probing::Settings probing_settings(const Config& config);

class App {
 public:
  /// `config.prober.name` and `.zone` are who it is. Throws std::runtime_error for an endpoint that
  /// cannot be.
  App(const Config& config, Health& health);

  /// One turn that waits no longer than `max_wait`. What a signal, or for a reload
  /// the aggregator, asked for.
  Signals::Seen run_once(Duration max_wait, Signals* signals = nullptr);
  /// The orderly end: what waits is sent, its acknowledgement awaited for a moment, then goodbye.
  void stop();

 private:
  void wait(Duration max_wait, Signals* signals);
  /// This prober's clock: wall time at the start plus what has passed since, so that a stepped wall
  /// clock is not seen in samples; the aggregator corrects them by the offset that leases measure.
  Now clock() const;
  void receive(const Now& now);
  void take_assignment(AssignmentChange change, const Now& now);
  void take_ack(const Ack& ack);
  void take_subscriptions();
  void send_samples(const Now& now);
  void send_batch(Outbox::Batch batch);
  NewsFacts news() const;
  void tell_health(const Now& now);

  const Now anchor_;
  Health& health_;
  Metrics metrics_;
  zmq::context_t context_;
  std::string instance_;
  Sender sender_;
  zmq::socket_t samples_;
  AggregatorLink link_;
  std::string assignment_;  ///< that the ids of waiting samples belong to
  Outbox outbox_;
  bool subscribed_ = false;
  /// The aggregator knows this prober's numbers and clock: it takes samples.
  bool acknowledged_ = false;
  Probing probing_;
  SteadyTime next_report_{};
};

}  // namespace stalewatch::prober
