#include "cli/operator_call.hpp"

#include "common/bus.hpp"
#include "common/text.hpp"
#include "common/time.hpp"
#include "common/version.hpp"
#include "common/wire.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace stalewatch::cli {
namespace {

constexpr auto reach_timeout = std::chrono::seconds(5);
constexpr auto reply_timeout =
    std::chrono::seconds(30);  // a file of 100,000 targets is read in about 2 s

/// Waits until the socket can do what is asked; false at the deadline.
bool wait_for(zmq::socket_t& socket, short events, SteadyTime deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - read_clocks().mono);
    if (left.count() <= 0) return false;
    zmq::pollitem_t item{socket.handle(), 0, events, 0};
    if (zmq::poll(&item, 1, left) > 0) return true;
  }
}

}  // namespace

Result<Reply> call_aggregator(const TransportConfig& transport, const std::string& word,
                              std::vector<std::string> arguments) {
  zmq::context_t context;
  auto socket = make_control_dealer(context, transport.control);
  const std::string boot = random_id();
  Sender sender("stalewatch", boot);
  if (!wait_for(socket, ZMQ_POLLOUT, read_clocks().mono + reach_timeout))
    return Error{"no aggregator answers at " + transport.control};

  const Command command{.id = 1, .word = word, .arguments = std::move(arguments)};
  const Hello hello{.role = "operator",
                    .name = "stalewatch",
                    .instance = boot,
                    .version = std::string(program_version)};
  if (!send(socket, sender, hello) || !send(socket, sender, command))
    return Error{"the aggregator at " + transport.control + " went away"};

  BadFrames bad;
  const SteadyTime deadline = read_clocks().mono + reply_timeout;
  while (wait_for(socket, ZMQ_POLLIN, deadline)) {
    const auto frames = receive(socket, bad);
    if (!frames || frames->topic != topic_of<Reply>()) continue;
    auto reply = decode<Reply>(frames->body);
    if (reply && reply->id == command.id) return reply;
  }
  return Error{"the aggregator at " + transport.control + " took the command \"" + word +
               "\" but did not answer within 30s"};
}

}  // namespace stalewatch::cli
