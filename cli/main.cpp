// stalewatch: the command for people.

#include "cli/commands.hpp"

#include <exception>
#include <iostream>
#include <map>
#include <string>

int main(int argc, char** argv) {
  using namespace stalewatch;
  constexpr int failed = 1;
  CommandLine line("stalewatch", "stalewatch: tells when the data behind HTTP endpoints grows old");
  std::map<std::string, cli::Runner> runners;
  for (const auto& command : cli::subcommands())
    runners[command.name] = command.prepare(line.subcommand(command.name, command.summary));
  if (const auto code = line.parse(argc, argv)) return *code;
  try {
    return runners.at(line.chosen())();
  } catch (const std::exception& e) {
    std::cerr << "stalewatch: " << e.what() << '\n';
    return failed;
  }
}
