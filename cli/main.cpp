// stalewatch: the command for people.

#include "cli/commands.hpp"
#include "common/base/text.hpp"
#include "common/base/version.hpp"

#include <exception>
#include <iostream>
#include <map>

int main(int argc, char** argv) {
  using namespace stalewatch;
  constexpr int failed = 1, wrong_usage = 2;
  CLI::App app("stalewatch: tells when the data behind HTTP endpoints grows old", "stalewatch");
  app.set_version_flag("--version", "stalewatch " + std::string(program_version));
  app.require_subcommand(1);
  std::map<const CLI::App*, cli::Runner> runners;
  for (const auto& command : cli::subcommands()) {
    CLI::App* parser = app.add_subcommand(command.name, command.summary);
    runners[parser] = command.prepare(*parser);
  }
  try {
    app.parse(argc, argv);
    return runners.at(app.get_subcommands().front())();
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help, --version
    std::cerr << "stalewatch: " << escape_untrusted(e.what()) << " (--help shows what there is)\n";
    return wrong_usage;
  } catch (const std::exception& e) {
    std::cerr << "stalewatch: " << e.what() << '\n';
    return failed;
  }
}
