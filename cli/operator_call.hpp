#pragma once

#include "common/base/result.hpp"
#include "common/bus/bus.hpp"
#include "common/config/config.hpp"
#include "common/messages/messages.hpp"

#include <string>
#include <vector>

namespace stalewatch::cli {

/// A connection to the aggregator's control socket, made with the first call. Errors are for people
/// and say where it was looked for.
class OperatorCall {
 public:
  /// `otherwise`: another address of it, tried when nobody answers at the first; "": none.
  explicit OperatorCall(const TransportConfig& transport, std::string otherwise = "");

  /// Has the aggregator run a command and waits for its answer.
  Result<Reply> command(const std::string& word, std::vector<std::string> arguments = {});
  /// One page of journaled events.
  Result<Replayed> replay(const Replay& request);

 private:
  bool is_reached();
  template <typename Answer, typename Request>
  Result<Answer> ask(const Request& request, const std::string& what);

  std::string endpoint_, otherwise_;
  std::string boot_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  Sender sender_;
  std::uint64_t commands_ = 0;
  bool greeted_ = false;
};

/// What a configuration file says; the default when no file is named. Prints what is wrong with the
/// file; nothing then.
std::optional<Config> config_of(const std::string& command, const std::string& config_file);
/// Its transport.
std::optional<TransportConfig> transport_of(const std::string& command,
                                            const std::string& config_file);

}  // namespace stalewatch::cli
