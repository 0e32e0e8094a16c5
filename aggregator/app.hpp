#pragma once

// The aggregator as a process: sockets, clocks and threads around the core. Each turn of its loop:
//   1. wait for a socket, a signal, a committed group or the next deadline
//   2. read the clocks
//   3. take samples and control messages, a bounded number, each at the time after it was received:
//      when the process is stopped in the middle of a turn, the turn's time is of long ago
//   4. fire the deadlines
//   5. hand what was decided to the journal's thread
//   6. publish what the journal has on disk; send pages, assignments and, each second, the beat

#include "aggregator/chain.hpp"
#include "aggregator/clock_basis.hpp"
#include "aggregator/control.hpp"
#include "aggregator/journal/lock.hpp"
#include "aggregator/listening.hpp"
#include "aggregator/metrics.hpp"
#include "aggregator/recording/recording.hpp"
#include "common/process/health.hpp"
#include "common/process/process.hpp"

#include <map>
#include <string>

namespace stalewatch::aggregator {

class App {
 public:
  /// Opens the journal and binds the sockets; throws std::runtime_error when it cannot.
  App(Config config, Signals& signals, const std::string& http, const RecordOptions& record);

  /// Until SIGTERM or SIGINT; then writes and publishes what was decided. The exit code.
  int run();

 private:
  Restored restored(NodeTime now);
  void wait();
  void tick();
  void look_at_queue(NodeTime now);
  void take_samples();
  void check_clock(Now clocks);
  void submit_changes();
  void publish(NodeTime now);
  void beat(Now clocks, NodeTime now);
  void tell_health();
  void look_after_journal(const std::map<std::string, std::int64_t>& acks, NodeTime now);
  void configure_consumers(NodeTime now);
  void update_metrics();
  void hear(const Claim& claim);
  void go_on_as(const std::string& journal_id, NodeTime now);
  std::string standstill(Now clocks, const std::map<std::string, std::int64_t>& acks);
  void finish();
  std::string reload_by_command(const std::string& file, bool& ok);
  std::string reload(bool& ok);
  void log_start() const;

  Config config_;
  Signals& signals_;
  Health health_;
  Metrics metrics_;
  std::string boot_;
  ClockBasis clock_;
  JournalLock lock_;
  Journal journal_;
  std::string journal_id_;  // as published
  ForkClaims claims_;
  JournalReader reader_;
  JournalWriter writer_;
  Core core_;
  std::optional<Recording> recording_;
  AddressClaim samples_at_, events_at_, control_at_;
  zmq::context_t context_;
  zmq::socket_t samples_;
  zmq::socket_t events_;
  Sender events_out_;
  Control control_;
  Listening listening_;
  BadFrames bad_;
  Chain chain_;
  Duration shortest_interval_;  // between probes of one target
  std::uint64_t commits_ = 0;   // groups that the journal has on disk
  std::int64_t published_ = 0;
  std::int64_t head_at_start_ = 0;     // up to it, the journal is as it was found
  std::uint64_t foreign_batches_ = 0;  // of another journal's assignment
  SteadyTime last_turn_;
  SteadyTime next_beat_;
  bool paused_ = false;  // too much waits for the journal
  bool stop_ = false;
};

/// The journal that the configuration names, ready to go on with; `before` is what its lock says.
/// An address that means the same whatever folder a process is in.
std::string reached_from_anywhere(const std::string& endpoint);
Journal open_journal(const Config& config, const JournalLock::Note& before);
DiskReserve reserve_of(const Config& config);

}  // namespace stalewatch::aggregator
