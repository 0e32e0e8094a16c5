#include "cli/commands.hpp"
#include "cli/operator_call.hpp"
#include "common/config_reader.hpp"

#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace stalewatch::cli {
namespace {

constexpr ConfigNeeds nothing_secret{.servers = false, .database = false, .rocketchat = false};
constexpr int done = 0, refused = 1, wrong_usage = 2;

int reload(const std::string& config_file) {
  TransportConfig transport;
  if (!config_file.empty()) {
    const auto read = read_config(config_file, nothing_secret);
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&read)) {
      for (const auto& error : *errors) std::cerr << to_string(error) << '\n';
      return wrong_usage;
    }
    transport = std::get<Config>(read).transport;
  }
  const auto reply = call_aggregator(transport, "reload");
  if (!reply) {
    std::cerr << "stalewatch reload: " << reply.error() << '\n';
    return refused;
  }
  (reply->ok ? std::cout : std::cerr) << reply->text << '\n';
  return reply->ok ? done : refused;
}

}  // namespace

Runner prepare_reload(CLI::App& parser) {
  auto config = std::make_shared<std::string>();
  parser.add_option(
      "--config", *config,
      "the configuration file, for the aggregator's address; without it, the default address");
  return [config] { return reload(*config); };
}

}  // namespace stalewatch::cli
