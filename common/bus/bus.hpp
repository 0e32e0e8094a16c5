#pragma once

// ZeroMQ, made once the way this system needs it: every limit and timeout set, would-block as a
// value.

#include "common/base/first_times.hpp"
#include "common/bus/address.hpp"
#include "common/config/config.hpp"
#include "common/messages/wire.hpp"

#include <zmq.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch {

/// A message as it travels: topic, header and still encoded body; `peer` is the routing id on a
/// ROUTER.
struct Frames {
  std::string peer;
  std::string topic;
  Header header;
  std::string body;
};

/// Who sends: stamps headers with sender, boot and a running number. One per socket.
class Sender {
 public:
  Sender(std::string name, std::string boot)
      : header_{wire_version, std::move(name), std::move(boot), 0} {}
  std::string next_header() {
    ++header_.sequence;
    return encode_header(header_);
  }
  const Header& header() const { return header_; }

  /// Counts a message that is too large to be sent, and tells of it: once a minute for each topic.
  void refuse(std::string_view topic, std::size_t bytes);
  std::uint64_t refused() const { return refused_; }

 private:
  Header header_;
  std::uint64_t refused_ = 0;
  std::map<std::string, SteadyTime, std::less<>> told_;  ///< by topic
};

/// Counts and tells, once per sender, of what is not understood: wrong number of frames, unreadable
/// header, unknown version, and parts of messages that are. Part of every receiving loop.
class BadFrames {
 public:
  /// A whole message is dropped.
  void count(const std::string& who, const std::string& why);
  /// Parts of a message are left out, the rest goes on.
  void count_parts(const std::string& who, std::string_view topic, const Refusals& refused);
  /// Messages and parts.
  std::uint64_t total() const { return total_; }

 private:
  std::uint64_t total_ = 0;
  FirstTimes<std::string> dropped_{1'000}, left_out_{1'000};  ///< senders
};

// Makers: all options set, then bound or connected. Throw std::runtime_error naming the endpoint
// (and who has it already). The claim is to live as long as the socket.
zmq::socket_t make_samples_receiver(zmq::context_t&, AddressClaim&);  ///< SUB, binds
zmq::socket_t make_samples_sender(zmq::context_t&,
                                  const std::string& endpoint);     ///< XPUB, connects
zmq::socket_t make_control_router(zmq::context_t&, AddressClaim&);  ///< ROUTER, binds
zmq::socket_t make_control_dealer(zmq::context_t&,
                                  const std::string& endpoint);    ///< DEALER, connects
zmq::socket_t make_events_sender(zmq::context_t&, AddressClaim&);  ///< XPUB, binds
zmq::socket_t make_events_receiver(zmq::context_t&,
                                   const std::string& endpoint);  ///< SUB to everything, connects

/// Listens anew where the file of a socket is gone; who is connected stays so. Throws as the makers
/// do.
void listen_again(zmq::socket_t& socket, AddressClaim& address);

/// Never waits. False when the message is gone: the peer's queue is full, there is no peer, or the
/// body has more than max_frame_bytes, which would end the connection and is told.
bool send_frames(zmq::socket_t& socket, Sender& sender, std::string_view topic, std::string body,
                 const std::string& peer = {});

template <typename M>
bool send(zmq::socket_t& socket, Sender& sender, const M& message, const std::string& peer = {}) {
  return send_frames(socket, sender, topic_of<M>(), encode(message), peer);
}

/// What can be understood of a message that was received; the rest of it is counted. Nothing when
/// all of it is dropped.
template <typename M>
std::optional<M> decoded(const Frames& frames, BadFrames& bad) {
  Refusals refused;
  auto message = decode<M>(frames.body, refused);
  if (refused.count > 0) bad.count_parts(frames.header.sender, frames.topic, refused);
  if (message) return *std::move(message);
  bad.count(frames.header.sender, frames.topic + ": " + message.error());
  return std::nullopt;
}

/// The next good message, or nothing when there is none waiting. Bad ones are counted and skipped.
std::optional<Frames> receive(zmq::socket_t& socket, BadFrames& bad);

}  // namespace stalewatch
