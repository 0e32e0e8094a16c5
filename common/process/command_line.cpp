#include "common/process/command_line.hpp"

#include "common/base/nearest.hpp"
#include "common/base/text.hpp"
#include "common/base/version.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>

namespace stalewatch {
namespace {

/// What a terminal shows of one mistake.
constexpr std::size_t max_message = 2000;

/// Sets whether options are required; --help marks those that are.
void require(const std::vector<CLI::Option*>& options, bool yes) {
  for (CLI::Option* option : options) option->required(yes);
}

std::vector<CLI::Option*> required_of(CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->get_required(); });
}

std::string missing(const CLI::Option& option) {
  std::string what = option.get_name() + " is required: " + option.get_description();
  if (!option.get_envname().empty()) what += "; or set " + option.get_envname();
  return what;
}

}  // namespace

Option& Option::required(bool yes) {
  option_->required(yes);
  return *this;
}

Option& Option::from_environment(const std::string& variable) {
  option_->envname(variable);
  return *this;
}

Option& Option::value_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::show_default() {
  option_->capture_default_str();
  return *this;
}

Option& Option::between(int least, int most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option& Option::needs(const Option& other) {
  option_->needs(other.option_);
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

CommandLine::CommandLine(const std::string& program, const std::string& summary)
    : owned_(std::make_unique<CLI::App>(summary, program)), app_(owned_.get()) {
  app_->set_version_flag("--version", program + " " + std::string(program_version));
}

CommandLine::CommandLine(CLI::App* subcommand) : app_(subcommand) {}

CommandLine::~CommandLine() = default;

Option CommandLine::flag(const std::string& names, bool& place, const std::string& help) {
  return Option(app_->add_flag(names, place, help));
}

Option CommandLine::option(const std::string& names, std::string& place, const std::string& help) {
  return Option(app_->add_option(names, place, help));
}

Option CommandLine::option(const std::string& names, std::optional<std::string>& place,
                           const std::string& help) {
  return Option(app_->add_option(names, place, help));
}

Option CommandLine::option(const std::string& names, int& place, const std::string& help) {
  return Option(app_->add_option(names, place, help));
}

Option CommandLine::option(const std::string& names, std::optional<int>& place,
                           const std::string& help) {
  return Option(app_->add_option(names, place, help));
}

Option CommandLine::option(const std::string& names, std::vector<std::string>& place,
                           const std::string& help) {
  return Option(app_->add_option(names, place, help)->allow_extra_args(false));
}

Option CommandLine::config_file(std::string& place, const std::string& help) {
  return option("--config", place, help).from_environment(config_variable).value_name("FILE");
}

void CommandLine::instead_of(const Option& required, const Option& given) {
  instead_.emplace_back(required.option_, given.option_);
}

bool CommandLine::is_replaced(const CLI::Option* required) const {
  return std::any_of(instead_.begin(), instead_.end(), [&](const auto& pair) {
    return pair.first == required && pair.second->count() > 0;
  });
}

Option CommandLine::at(const std::string& name) { return Option(app_->get_option(name)); }

void CommandLine::footer(const std::string& text) { app_->footer(text); }

CommandLine& CommandLine::subcommand(const std::string& name, const std::string& summary) {
  app_->require_subcommand(1);
  subcommands_.push_back(
      std::unique_ptr<CommandLine>(new CommandLine(app_->add_subcommand(name, summary))));
  return *subcommands_.back();
}

std::string CommandLine::chosen() const {
  const auto given = app_->get_subcommands();
  return given.empty() ? std::string() : given.front()->get_name();
}

std::string CommandLine::wrong_subcommand(int argc, char** argv) const {
  const std::string_view given = argc > 1 ? argv[1] : "";
  if (subcommands_.empty() || given.empty() || given.starts_with('-')) return "";
  std::vector<std::string> names;
  std::string all;
  for (const auto& one : subcommands_) {
    names.push_back(one->app_->get_name());
    if (names.back() == given) return "";
    all += (all.empty() ? "" : ", ") + names.back();
  }
  const auto near = nearest_word(given, names);
  return "no command \"" + escape_untrusted(given, 60) + "\"; " +
         (near.empty() ? "there are " + all : "did you mean \"" + std::string(near) + "\"?");
}

std::optional<int> CommandLine::parse(int argc, char** argv) {
  if (const auto wrong = wrong_subcommand(argc, argv); !wrong.empty()) return explain(wrong);
  // Asked for here, so that an option that does not exist is named before one that is missing.
  auto required = required_of(*app_);
  for (const auto& one : subcommands_)
    for (CLI::Option* option : required_of(*one->app_)) required.push_back(option);
  try {
    require(required, false);
    app_->parse(argc, argv);
    require(required, true);
  } catch (const CLI::ParseError& e) {
    require(required, true);
    if (e.get_exit_code() == 0) return app_->exit(e);  // --help, --version
    return explain(e.what());
  }
  auto needed = required_of(*app_);
  for (CLI::App* subcommand : app_->get_subcommands())
    for (CLI::Option* option : required_of(*subcommand)) needed.push_back(option);
  for (const CLI::Option* option : needed)
    if (option->count() == 0 && !is_replaced(option)) return explain(missing(*option));
  return std::nullopt;
}

int CommandLine::explain(const std::string& mistake) const {
  std::cerr << app_->get_name() << ": " << escape_untrusted(mistake, max_message)
            << (subcommands_.empty() ? " (--help shows all options)\n"
                                     : " (--help shows what there is)\n");
  return exit_usage;
}

}  // namespace stalewatch
