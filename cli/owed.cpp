#include "cli/commands.hpp"
#include "cli/sibling.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace stalewatch::cli {
namespace {

struct Options {
  std::string config;
  bool json = false;
};

/// The file is the notifier's own, and so is the knowledge of what stands in it: it answers.
int owed(const Options& options) {
  std::vector<std::string> command = {sibling("notifier"), "--owed", "--config", options.config};
  if (options.json) command.emplace_back("--json");
  std::vector<char*> argv;
  for (auto& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  throw std::runtime_error(command[0] + ": " + std::strerror(errno));
}

}  // namespace

Runner prepare_owed(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.config_file(options->config, "the configuration file").required();
  line.flag("--json", options->json, "as one JSON object");
  line.footer("Ends with 0: nothing waits; 3: something waits or was given up; 1: not readable.");
  return [options] { return owed(*options); };
}

}  // namespace stalewatch::cli
