#pragma once

// The control socket of an aggregator, and a peer of it made of a bare socket.

#include "aggregator/control.hpp"
#include "aggregator/journal/journal.hpp"
#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"
#include "tests/claim.hpp"
#include "tests/temporary_folder.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

struct Room {
  /// `queue`: how many messages each side keeps at most; 0: as many as usual.
  explicit Room(const std::vector<ServerConfig>& servers, int queue = 0)
      : core({}, 5s, t0),
        journal(folder.file("journal"), Journal::Mode::write),
        journal_id(journal.id()),
        reader(folder.file("journal")),
        control(router(queue), Sender("aggregator", "boot"),
                {.core = core,
                 .reader = reader,
                 .journal_id = journal_id,
                 .lease = 5s,
                 .now = [] { return t0; },
                 .reload = [](const std::string&, bool&) { return std::string("done"); },
                 .head = [this] { return head; },
                 .heard = [this](const Claim& claim) { heard.push_back(claim); }}),
        peer(dealer(queue)) {
    core.apply(input::Configure{servers}, t0);
  }

  zmq::socket_t router(int queue) {
    if (queue == 0) return make_control_router(context, claimed(endpoint()));
    zmq::socket_t socket(context, zmq::socket_type::router);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::router_mandatory, 1);
    socket.set(zmq::sockopt::sndhwm, queue);
    socket.bind(endpoint());
    return socket;
  }
  zmq::socket_t dealer(int queue) {
    if (queue == 0) return make_control_dealer(context, endpoint());
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvhwm, queue);
    socket.connect(endpoint());
    return socket;
  }

  std::string endpoint() const { return "ipc://" + folder.file("control"); }

  template <typename M>
  void tell(const M& message) {
    tell_as(sender, message);
  }
  template <typename M>
  void tell_as(Sender& who, const M& message) {
    for (int i = 0; i < 3'000 && !send(peer, who, message); ++i) turn();  // until connected
  }

  void turn() {
    zmq::pollitem_t item{peer.handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, 10ms);
    control.drain();
    control.send_assignments(t0);
  }

  /// The next message of its type; the others are let pass.
  template <typename M>
  M next() {
    for (int i = 0; i < 3'000; ++i, turn())
      while (const auto frames = receive(peer, bad)) {
        largest = std::max(largest, frames->body.size());
        if (frames->topic != topic_of<M>()) continue;
        auto message = decode<M>(frames->body);
        REQUIRE(message);
        return *std::move(message);
      }
    FAIL("nothing has come");
    return {};
  }

  /// One whole change of the assignment.
  std::vector<Targets> assignment() {
    std::vector<Targets> pieces;
    do {
      pieces.push_back(next<Targets>());
    } while (!pieces.back().last);
    return pieces;
  }

  Reply ask(const std::string& word, std::vector<std::string> arguments = {}) {
    tell(Command{.id = 1, .word = word, .arguments = std::move(arguments)});
    return next<Reply>();
  }

  Folder folder;
  zmq::context_t context;
  Core core;
  Journal journal;
  std::string journal_id;
  JournalReader reader;
  std::int64_t head = 1'000'000;
  std::vector<Claim> heard;
  Control control;
  zmq::socket_t peer;
  Sender sender{"p1", "i1"};
  BadFrames bad;
  std::size_t largest = 0;  ///< bytes of a body
};

}  // namespace stalewatch::aggregator
