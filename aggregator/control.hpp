#pragma once

// The control socket: probers' hellos and leases, consumers' replays and acks, operators' commands.

#include "aggregator/core.hpp"
#include "aggregator/fork_claims.hpp"
#include "aggregator/journal/threads.hpp"
#include "aggregator/probers/target_pieces.hpp"
#include "common/base/first_times.hpp"
#include "common/bus/bus.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>

namespace stalewatch::aggregator {

class Control {
 public:
  struct Links {
    Core& core;
    JournalReader& reader;
    const std::string& journal_id;
    Duration lease;
    /// Asked for each message after it was received: one that stood still in a turn knows no
    /// better.
    std::function<NodeTime()> now;
    /// Does it, and says how it went. `file`: the one that is meant; empty: whichever it is.
    std::function<std::string(const std::string& file, bool& ok)> reload;
    std::function<std::int64_t()> head;       ///< newest published seq
    std::function<void(const Claim&)> heard;  ///< how far a consumer is
  };

  Control(zmq::socket_t socket, Sender sender, Links links);

  zmq::socket_t& socket() { return socket_; }
  /// Handles what has arrived, at most a bounded number of messages.
  void drain();
  /// Sends the pages that have been read.
  void send_pages();
  /// Tells probers which of their news are safe, and which are missing.
  void send_news_acks();
  /// Tells probers what changed in their shares, as much of it as fits a turn.
  void send_assignments(NodeTime now);
  /// Some of that is left, and there is room for it.
  bool sends_more() const;
  /// When a command had the configuration read again; nothing: not in this run.
  const std::optional<Timestamp>& reloaded_at() const { return reloaded_at_; }
  /// Acknowledgements that count, by consumer, since the last call.
  std::map<std::string, std::int64_t> take_acks();

  std::uint64_t bad_frames() const { return bad_.total(); }
  std::uint64_t oversized() const { return sender_.refused(); }
  /// Acknowledgements that do not count.
  std::uint64_t refused_acks() const { return refused_acks_; }

 private:
  /// How far a prober knows what it is to probe.
  struct Share {
    std::deque<TargetPieces> unsent;
    bool more = false;       ///< can be sent at once: the turn was over, the queue is not full
    std::size_t pieces = 0;  ///< of the last change that was sent whole
    int behind = 0;          ///< leases in a row, since then, that knew an older generation
  };

  void handle(const Frames& frames, NodeTime now);
  void on_ack(const Frames& frames);
  void refuse_ack(const std::string& consumer);
  void on_hello(const Frames& frames, NodeTime now);
  void on_lease(const Frames& frames, NodeTime now);
  void on_command(const Frames& frames, NodeTime now);
  void begin_assignment(AssignmentChange change, NodeTime now);
  void send_pieces(const Prober& prober, Share& share, int& left_of_turn);
  void tell_left_out(TargetPieces& change);
  Reply problems(const Command& command, NodeTime now) const;
  Reply forget(const Command& command) const;
  Reply status() const;
  Reply stuck(const std::string& consumer, const Command& command, NodeTime now);
  std::string reload(const Command& command, bool& ok, NodeTime now);

  zmq::socket_t socket_;
  Sender sender_;
  std::optional<Timestamp> reloaded_at_;
  Links links_;
  BadFrames bad_;
  std::map<std::string, std::int64_t> acks_;
  std::uint64_t refused_acks_ = 0;
  // Each is logged once; more names than these are somebody playing.
  FirstTimes<std::string> strangers_{100};  // who acknowledge without a place
  std::uint64_t generation_ = 0;
  FirstTimes<std::string> greeted_{10'000};  // instances: they say hello again and again
  std::map<std::string, Share> shares_;      // by instance
  FirstTimes<std::string> left_out_{1'000};  // keys of targets that are too large
};

}  // namespace stalewatch::aggregator
