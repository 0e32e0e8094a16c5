#pragma once

// Options of a program and its subcommands. The only place, with its .cpp, that knows CLI11.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace stalewatch {

/// Names the configuration file where --config does not.
inline constexpr const char* config_variable = "STALEWATCH_CONFIG";

/// Exit code for wrong usage or a bad configuration.
inline constexpr int exit_usage = 2;

/// One option, to be described further; copies mean the same option.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& required(bool yes = true);
  /// Taken from this environment variable when it is not given.
  Option& from_environment(const std::string& variable);
  /// What --help calls its value: FILE, ADDR:PORT.
  Option& value_name(const std::string& name);
  /// --help shows the value that stands in its place by now.
  Option& show_default();
  Option& between(int least, int most);
  /// Wrong usage without the other option; or with it.
  Option& needs(const Option& other);
  Option& excludes(const Option& other);

 private:
  friend class CommandLine;
  CLI::Option* option_;
};

/// Says what a program or subcommand takes, and parses it into the caller's variables, which must
/// outlive it. --help and --version are there by themselves.
class CommandLine {
 public:
  CommandLine(const std::string& program, const std::string& summary);
  ~CommandLine();

  /// `names`: "--json", or "file" for a positional argument.
  Option flag(const std::string& names, bool& place, const std::string& help);
  Option option(const std::string& names, std::string& place, const std::string& help);
  Option option(const std::string& names, std::optional<std::string>& place,
                const std::string& help);
  Option option(const std::string& names, int& place, const std::string& help);
  Option option(const std::string& names, std::optional<int>& place, const std::string& help);
  /// May come several times, with one value each.
  Option option(const std::string& names, std::vector<std::string>& place, const std::string& help);
  /// --config FILE, or the environment variable STALEWATCH_CONFIG.
  Option config_file(std::string& place, const std::string& help);
  /// Where `given` is given, `required` need not be.
  void instead_of(const Option& required, const Option& given);
  /// An option that was added before.
  Option at(const std::string& name);

  /// Stands at the end of --help.
  void footer(const std::string& text);

  /// Once there are subcommands, one of them has to be given.
  CommandLine& subcommand(const std::string& name, const std::string& summary);
  /// The subcommand that was given.
  std::string chosen() const;

  /// Nothing: the program may go on. Otherwise its exit code: 0 after --help or --version,
  /// exit_usage after one line on stderr that names the mistake.
  std::optional<int> parse(int argc, char** argv);

 private:
  explicit CommandLine(CLI::App* subcommand);
  /// A first word that names no subcommand, as a mistake; "" when there is none.
  std::string wrong_subcommand(int argc, char** argv) const;
  bool is_replaced(const CLI::Option* required) const;
  int explain(const std::string& mistake) const;

  std::unique_ptr<CLI::App> owned_;  // nothing for a subcommand, which belongs to its parent
  CLI::App* app_;
  std::vector<std::pair<const CLI::Option*, const CLI::Option*>> instead_;  // first: the required
  std::vector<std::unique_ptr<CommandLine>> subcommands_;
};

}  // namespace stalewatch
