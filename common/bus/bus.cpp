#include "common/bus/bus.hpp"

#include "common/base/clocks.hpp"
#include "common/base/text.hpp"
#include "common/process/log.hpp"
#include "common/process/private_files.hpp"

namespace stalewatch {
namespace {

constexpr Duration tell_again = std::chrono::minutes(1);  // of messages that are too large
constexpr std::size_t max_name = 200;  // bytes of a sender's name: it is kept, and shown to people
constexpr int control_queue_limit = 1'000;
constexpr int queue_limit = 10'000;  // messages; our rings and cursors are the buffers that count

zmq::socket_t make(zmq::context_t& context, zmq::socket_type type) {
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::linger, 500);  // ms; enough for a goodbye, never in the way of an exit
  socket.set(zmq::sockopt::sndhwm, queue_limit);
  socket.set(zmq::sockopt::rcvhwm, queue_limit);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(max_frame_bytes));
  socket.set(zmq::sockopt::immediate, 1);
  socket.set(zmq::sockopt::reconnect_ivl, 100);
  // Well below a lease: who is back after a pause is heard of before it counts as lost.
  socket.set(zmq::sockopt::reconnect_ivl_max, 1'000);
  socket.set(zmq::sockopt::heartbeat_ivl, 5'000);
  socket.set(zmq::sockopt::heartbeat_timeout, 15'000);
  socket.set(zmq::sockopt::heartbeat_ttl, 15'000);
  socket.set(zmq::sockopt::handshake_ivl, 5'000);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 60);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 10);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
  return socket;
}

/// What a person can do about a bind that failed.
std::string hint_of(int error, const std::string& endpoint) {
  if (error == ENODEV) return "; name an address of this host by its number, an interface, or *";
  if (error != EADDRINUSE) return "";
  const auto by = listener_at_port(endpoint.substr(endpoint.rfind(':') + 1));
  return by.pid > 0 ? ", by " + by.words() : "";
}

void listen(zmq::socket_t& socket, AddressClaim& address) {
  std::optional<PrivateUmask> for_its_owner;  // the socket of a path is a file
  if (address.is_private()) for_its_owner.emplace();
  const auto& endpoint = address.endpoint();
  try {
    socket.bind(endpoint);
  } catch (const zmq::error_t& e) {
    fail_to_listen(endpoint, e.what() + hint_of(e.num(), endpoint));
  }
  address.bound();
}

zmq::socket_t bound(zmq::socket_t socket, AddressClaim& address) {
  listen(socket, address);
  return socket;
}

/// Of a listener at all addresses of this host one of them.
std::string reached_at(const std::string& endpoint) {
  constexpr std::string_view everywhere = "tcp://*:";
  if (!endpoint.starts_with(everywhere)) return endpoint;
  return "tcp://127.0.0.1:" + endpoint.substr(everywhere.size());
}

zmq::socket_t connected(zmq::socket_t socket, const std::string& endpoint) {
  try {
    socket.connect(reached_at(endpoint));
  } catch (const zmq::error_t& e) {
    const auto why = why_unreached(endpoint);
    throw std::runtime_error("cannot connect to " + endpoint + (why.empty() ? ": " : why) +
                             (why.empty() ? e.what() : ""));
  }
  return socket;
}

/// Where a message came from, for one that does not say it: "10.0.0.7", or `otherwise`. Of a frame
/// that was sent: a router makes the routing id itself, not always with the address.
std::string address_of(zmq::message_t& message, const char* otherwise) {
  const char* const address = zmq_msg_gets(message.handle(), "Peer-Address");
  return address && *address ? address : otherwise;
}

}  // namespace

void Sender::refuse(std::string_view topic, std::size_t bytes) {
  ++refused_;
  const auto now = read_clocks().mono;
  const auto [told, first] = told_.try_emplace(std::string(topic), now);
  if (!first && now - told->second < tell_again) return;
  told->second = now;
  log::error("a message is too large and is not sent topic={} bytes={} most={} refused={}", topic,
             bytes, max_frame_bytes, refused_);
}

void BadFrames::count(const std::string& who, const std::string& why) {
  ++total_;
  if (!dropped_.is_first(who)) return;
  log::warn(
      "dropped a message that is not ours from={} why=\"{}\" (told once per sender and socket)",
      escape_untrusted(who, 80), escape_untrusted(why, 200));
}

void BadFrames::count_parts(const std::string& who, std::string_view topic,
                            const Refusals& refused) {
  total_ += refused.count;
  if (!left_out_.is_first(who)) return;
  log::warn(
      "left out what is not understood of a message from={} topic={} parts={} first=\"{}\" (told "
      "once per sender and socket)",
      escape_untrusted(who, 80), topic, refused.count, escape_untrusted(refused.first, 200));
}

zmq::socket_t make_samples_receiver(zmq::context_t& context, AddressClaim& address) {
  auto socket = make(context, zmq::socket_type::sub);
  socket.set(zmq::sockopt::subscribe, "");
  return bound(std::move(socket), address);
}

zmq::socket_t make_samples_sender(zmq::context_t& context, const std::string& endpoint) {
  return connected(make(context, zmq::socket_type::xpub), endpoint);
}

zmq::socket_t make_control_router(zmq::context_t& context, AddressClaim& address) {
  auto socket = make(context, zmq::socket_type::router);
  // Of pages, which are large, and assignments in pieces; each peer has a queue of its own.
  socket.set(zmq::sockopt::sndhwm, control_queue_limit);
  socket.set(zmq::sockopt::router_mandatory,
             1);  // an unknown or full peer is told to us, not silently dropped
  return bound(std::move(socket), address);
}

zmq::socket_t make_control_dealer(zmq::context_t& context, const std::string& endpoint) {
  return connected(make(context, zmq::socket_type::dealer), endpoint);
}

zmq::socket_t make_events_sender(zmq::context_t& context, AddressClaim& address) {
  return bound(make(context, zmq::socket_type::xpub), address);
}

zmq::socket_t make_events_receiver(zmq::context_t& context, const std::string& endpoint) {
  auto socket = make(context, zmq::socket_type::sub);
  // It sends nothing that could pile up. With IMMEDIATE a lost connection throws away what has come
  // and is not read yet, and libzmq 4.3.4 aborts if that happens between two frames (fq.cpp:
  // !_more).
  socket.set(zmq::sockopt::immediate, 0);
  socket.set(zmq::sockopt::subscribe, "");
  return connected(std::move(socket), endpoint);
}

void listen_again(zmq::socket_t& socket, AddressClaim& address) {
  // The listener without a file stays: with it, its connections would end.
  if (address.renew()) listen(socket, address);
}

bool send_frames(zmq::socket_t& socket, Sender& sender, std::string_view topic, std::string body,
                 const std::string& peer) {
  using zmq::send_flags;
  if (body.size() > max_frame_bytes) {
    sender.refuse(topic, body.size());
    return false;
  }
  const auto header = sender.next_header();
  try {
    const auto part = [&](std::string_view bytes, send_flags more) {
      return socket.send(zmq::buffer(bytes), more | send_flags::dontwait).has_value();
    };
    if (!peer.empty() && !part(peer, send_flags::sndmore)) return false;
    // Once the first frame is taken, the rest of the message is taken as well.
    return part(topic, send_flags::sndmore) && part(header, send_flags::sndmore) &&
           part(body, send_flags::none);
  } catch (const zmq::error_t& e) {
    if (e.num() == EHOSTUNREACH || e.num() == EAGAIN || e.num() == EINTR) return false;
    throw;
  }
}

std::optional<Frames> receive(zmq::socket_t& socket, BadFrames& bad) {
  const bool router = socket.get(zmq::sockopt::type) == static_cast<int>(zmq::socket_type::router);
  const std::size_t expected = router ? 4 : 3;
  for (;;) {
    std::vector<zmq::message_t> parts;
    do {
      zmq::message_t part;
      try {
        if (!socket.recv(part, zmq::recv_flags::dontwait)) return std::nullopt;
      } catch (const zmq::error_t& e) {
        if (e.num() == EINTR) return std::nullopt;
        throw;
      }
      if (parts.size() <= expected) parts.push_back(std::move(part));
    } while (socket.get(zmq::sockopt::rcvmore));

    const auto text = [&](std::size_t i) { return parts[i].to_string(); };
    std::string peer = router ? text(0) : std::string();
    const std::string who = address_of(parts.back(), router ? "a control peer" : "a publisher");
    if (parts.size() != expected) {
      bad.count(who, "wrong number of frames");
      continue;
    }
    const std::size_t first = router ? 1 : 0;
    auto header = decode_header(parts[first + 1].to_string_view());
    if (!header) {
      bad.count(who, header.error());
      continue;
    }
    if (header->version != wire_version) {
      bad.count(header->sender, "protocol version " + std::to_string(header->version));
      continue;
    }
    if (header->sender.size() > max_name || header->boot.size() > max_name) {
      bad.count(who, "a name of more than " + std::to_string(max_name) + " bytes");
      continue;
    }
    return Frames{std::move(peer), text(first), *std::move(header), text(first + 2)};
  }
}

}  // namespace stalewatch
