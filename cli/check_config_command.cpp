#include "cli/check_config.hpp"
#include "cli/commands.hpp"

#include <memory>
#include <string>

namespace stalewatch::cli {

Runner prepare_check_config(CommandLine& line) {
  auto file = std::make_shared<std::string>();
  line.option("file", *file, "the configuration file").required().from_environment(config_variable);
  return [file] { return check_config(*file); };
}

}  // namespace stalewatch::cli
