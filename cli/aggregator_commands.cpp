#include "aggregator/journal/lock.hpp"
#include "cli/commands.hpp"
#include "cli/operator_call.hpp"

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stalewatch::cli {
namespace {

constexpr int done = 0, refused = 1, wrong_usage = 2;
const char* const config_help =
    "the configuration file, for the aggregator's address; without it, the default address";

/// Has the aggregator run a command, and prints what it says. Where the file names another address
/// since the aggregator was started, it is found by what it noted beside its journal.
int run(const std::string& config_file, const std::string& word,
        std::vector<std::string> arguments) {
  const auto config = config_of("stalewatch " + word, config_file);
  if (!config) return wrong_usage;
  OperatorCall call(config->transport, aggregator::noted_control(config->journal_path));
  const auto reply = call.command(word, std::move(arguments));
  if (!reply) {
    std::cerr << "stalewatch " << word << ": " << reply.error() << '\n';
    return refused;
  }
  (reply->ok ? std::cout : std::cerr) << reply->text << '\n';
  return reply->ok ? done : refused;
}

}  // namespace

Runner prepare_reload(CommandLine& line) {
  auto config = std::make_shared<std::string>();
  line.config_file(*config, config_help);
  return [config] {
    // The file that is checked here is the one that is meant, wherever either process was started.
    std::vector<std::string> file;
    if (!config->empty()) file.push_back(std::filesystem::absolute(*config));
    return run(*config, "reload", std::move(file));
  };
}

Runner prepare_forget(CommandLine& line) {
  auto config = std::make_shared<std::string>();
  auto name = std::make_shared<std::string>();
  line.option("name", *name, "the consumer's name, as consumer_behind tells it").required();
  line.config_file(*config, config_help);
  return [config, name] { return run(*config, "forget", {*name}); };
}

}  // namespace stalewatch::cli
