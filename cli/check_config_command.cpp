#include "cli/check_config.hpp"
#include "cli/commands.hpp"

#include <memory>
#include <string>

namespace stalewatch::cli {

Runner prepare_check_config(CLI::App& parser) {
  auto file = std::make_shared<std::string>();
  parser.add_option("file", *file, "the configuration file")->required();
  return [file] { return check_config(*file); };
}

}  // namespace stalewatch::cli
