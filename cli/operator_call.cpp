#include "cli/operator_call.hpp"

#include "common/base/clocks.hpp"
#include "common/base/random_id.hpp"
#include "common/base/time.hpp"
#include "common/base/version.hpp"
#include "common/config/reader.hpp"
#include "common/messages/wire.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
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

bool answers(const Reply& reply, const Command& command) { return reply.id == command.id; }
bool answers(const Replayed&, const Replay&) { return true; }  // one request at a time

}  // namespace

OperatorCall::OperatorCall(const TransportConfig& transport, std::string otherwise)
    : endpoint_(transport.control),
      otherwise_(std::move(otherwise)),
      boot_(random_id()),
      socket_(make_control_dealer(context_, transport.control)),
      sender_("stalewatch", boot_) {}

bool OperatorCall::is_reached() {
  const auto answers_within = [this](auto timeout) {
    return wait_for(socket_, ZMQ_POLLOUT, read_clocks().mono + timeout);
  };
  if (answers_within(reach_timeout)) return true;
  if (otherwise_.empty() || otherwise_ == endpoint_) return false;
  const auto first = std::exchange(socket_, make_control_dealer(context_, otherwise_));
  if (!answers_within(reach_timeout)) return false;
  endpoint_ = otherwise_;
  return true;
}

template <typename Answer, typename Request>
Result<Answer> OperatorCall::ask(const Request& request, const std::string& what) {
  if (!greeted_) {
    if (!is_reached())
      return Error{"no aggregator answers at " + endpoint_ + why_unreached(endpoint_)};
    greeted_ = send(socket_, sender_,
                    Hello{.role = "operator",
                          .name = "stalewatch",
                          .instance = boot_,
                          .version = std::string(program_version)});
  }
  if (!greeted_ || !send(socket_, sender_, request))
    return Error{"the aggregator at " + endpoint_ + " went away"};
  BadFrames bad;
  const SteadyTime deadline = read_clocks().mono + reply_timeout;
  while (wait_for(socket_, ZMQ_POLLIN, deadline)) {
    const auto frames = receive(socket_, bad);
    if (!frames || frames->topic != topic_of<Answer>()) continue;
    auto answer = decoded<Answer>(*frames, bad);
    if (answer && answers(*answer, request)) return *std::move(answer);
  }
  return Error{"the aggregator at " + endpoint_ + " took the " + what +
               " but did not answer within 30s"};
}

Result<Reply> OperatorCall::command(const std::string& word, std::vector<std::string> arguments) {
  return ask<Reply>(Command{.id = ++commands_, .word = word, .arguments = std::move(arguments)},
                    "command \"" + word + "\"");
}

Result<Replayed> OperatorCall::replay(const Replay& request) {
  return ask<Replayed>(request, "request for events");
}

std::optional<Config> config_of(const std::string& command, const std::string& config_file) {
  if (config_file.empty()) return default_config();
  auto read = read_config(config_file, ConfigUser::command);
  if (auto* config = std::get_if<Config>(&read)) return std::move(*config);
  for (const auto& error : std::get<std::vector<ConfigError>>(read))
    std::cerr << line_of(command, error) << '\n';
  std::cerr << command << ": the file has errors, the aggregator was not asked\n";
  return std::nullopt;
}

std::optional<TransportConfig> transport_of(const std::string& command,
                                            const std::string& config_file) {
  auto config = config_of(command, config_file);
  if (!config) return std::nullopt;
  return std::move(config->transport);
}

}  // namespace stalewatch::cli
