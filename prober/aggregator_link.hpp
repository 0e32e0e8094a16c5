#pragma once

// The control conversation with the aggregator: hello, targets, leases, goodbye.

#include "common/bus.hpp"
#include "common/messages.hpp"
#include "prober/assignment.hpp"
#include "prober/clock_pings.hpp"

#include <functional>
#include <optional>
#include <string>

namespace stalewatch::prober {

class AggregatorLink {
 public:
  AggregatorLink(zmq::context_t& context, std::string endpoint, Hello hello, const Now& now);

  zmq::socket_t& socket() { return socket_; }

  /// Takes what has arrived, at most a bounded number of messages; complete changes go to
  /// `on_change`.
  void receive(const Now& now, const std::function<void(AssignmentChange)>& on_change);
  /// Says hello or renews the lease when that is due, and notices silence.
  void tick(const Now& now, std::uint64_t last_news_seq);
  SteadyTime deadline() const { return next_; }
  void goodbye();

  /// The aggregator answers.
  bool joined() const { return joined_; }
  /// The aggregator's clock against ours.
  std::optional<ClockOffset> clock() const { return pings_.best(); }
  std::uint64_t bad_frames() const { return bad_.total(); }

 private:
  void take_targets(const Frames& frames, const Now& now,
                    const std::function<void(AssignmentChange)>& on_change);
  void take_reply(const Frames& frames, const Now& now);
  void heard(const Now& now);
  void ask_again(const Now& now);
  void tell_waiting(const Now& now);
  template <typename M>
  std::optional<M> decoded(const Frames& frames);

  std::string endpoint_;
  Hello hello_;
  Sender sender_;
  zmq::socket_t socket_;
  BadFrames bad_;
  AssignmentPieces pieces_;
  ClockPings pings_;
  Duration lease_ = std::chrono::seconds(5);
  bool joined_ = false;
  bool was_joined_ = false;
  SteadyTime next_;
  SteadyTime last_heard_;
  SteadyTime next_complaint_;
};

}  // namespace stalewatch::prober
