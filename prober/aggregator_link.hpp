#pragma once

// The control conversation with the aggregator: hello, targets, leases, goodbye.

#include "common/bus/bus.hpp"
#include "common/bus/reload_word.hpp"
#include "common/messages/messages.hpp"
#include "prober/assignment.hpp"
#include "prober/clock_pings.hpp"
#include "prober/news_ring.hpp"

#include <functional>
#include <optional>
#include <string>

namespace stalewatch::prober {

/// What leases and goodbyes tell of the news: see Lease.
struct NewsFacts {
  std::uint64_t last = 0;
  std::uint64_t oldest = 1;
  NewsRing::Dropped dropped;
};

class AggregatorLink {
 public:
  /// What messages of the aggregator lead to.
  struct Handlers {
    std::function<void(AssignmentChange)> on_change;
    std::function<void(const Ack&)> on_ack;
  };

  AggregatorLink(zmq::context_t& context, std::string endpoint, Hello hello, const Now& now);

  zmq::socket_t& socket() { return socket_; }

  /// Takes what has arrived, at most a bounded number of messages.
  void receive(const Now& now, const Handlers& handlers);
  /// Says hello or renews the lease when that is due, and notices silence.
  void tick(const Now& now, const NewsFacts& news);
  SteadyTime deadline() const { return next_; }
  void goodbye(std::uint64_t last_news_seq);

  /// The aggregator answers.
  bool joined() const { return joined_; }
  /// A person had the configuration read again; once.
  bool take_reload() { return reload_word_.take(); }
  /// The aggregator's clock against ours.
  std::optional<ClockOffset> clock() const { return pings_.best(); }
  std::uint64_t bad_frames() const { return bad_.total(); }
  std::uint64_t oversized() const { return sender_.refused(); }

 private:
  void take_targets(const Frames& frames, const Now& now,
                    const std::function<void(AssignmentChange)>& on_change);
  bool renew(const Now& now, const NewsFacts& news);
  void take_reply(const Frames& frames, const Now& now);
  void heard(const Now& now);
  void ask_again(const Now& now);
  void tell_waiting(const Now& now);

  std::string endpoint_;
  Hello hello_;
  std::string name_;  ///< what the aggregator calls us
  Sender sender_;
  zmq::socket_t socket_;
  BadFrames bad_;
  AssignmentPieces pieces_;
  ClockPings pings_;
  ReloadWord reload_word_;
  Duration lease_ = std::chrono::seconds(5);
  bool joined_ = false;
  bool was_joined_ = false;
  SteadyTime next_;
  SteadyTime last_heard_;
  SteadyTime next_complaint_;
};

}  // namespace stalewatch::prober
