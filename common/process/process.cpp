#include "common/process/process.hpp"

#include "common/base/text.hpp"
#include "common/config/reader.hpp"
#include "common/process/health.hpp"
#include "common/process/listen.hpp"
#include "common/process/log.hpp"

#include <exception>
#include <iostream>

namespace stalewatch {
namespace {

/// What a terminal shows of one failure; libraries may quote whole statements.
constexpr std::size_t max_message = 2000;

ConfigUser user_of(const std::string& process) {
  constexpr std::pair<std::string_view, ConfigUser> processes[] = {
      {"aggregator", ConfigUser::aggregator},
      {"prober", ConfigUser::prober},
      {"notifier", ConfigUser::notifier},
      {"recorder", ConfigUser::recorder}};
  for (const auto& [name, user] : processes)
    if (name == process) return user;
  return ConfigUser::command;
}

/// The file's configuration, or the errors on stderr as check-config prints them.
std::optional<Config> load(const std::string& process, const std::string& file) {
  if (file.empty()) return default_config();
  auto read = read_config(file, user_of(process));
  if (auto* config = std::get_if<Config>(&read)) return std::move(*config);
  for (const auto& error : std::get<std::vector<ConfigError>>(read))
    std::cerr << line_of("stalewatch-" + process, error) << "\n";
  return std::nullopt;
}

void check_listen_address(const std::string& http) {
  try {
    if (!http.empty()) parse_listen_address(http);
  } catch (const std::exception& e) {
    throw UsageError(std::string("--http: ") + e.what());
  }
}

int run_configured(const std::string& name, const ProcessOptions& options, Signals& signals,
                   const std::function<int(ProcessContext&)>& run) {
  auto config = load(name, options.config);
  if (!config) return exit_usage;
  try {
    start_log(name, options.log_level.value_or(config->logs.level));
  } catch (const std::exception& e) {
    throw UsageError(std::string("--log-level: ") + e.what());
  }
  for (const auto& warning : config->warnings) log::warn("{}", warning);
  ProcessContext context{options, std::move(*config), signals};
  return run(context);
}

}  // namespace

int run_process(const std::string& name, const std::string& description, int argc, char** argv,
                const std::function<void(CommandLine&)>& add_options,
                const std::function<int(ProcessContext&)>& run) {
  Signals signals;  // first of all: threads inherit the blocked signals
  ProcessOptions options;
  CommandLine line("stalewatch-" + name, description);
  line.config_file(options.config, "the configuration file").required();
  line.option("--log-level", options.log_level,
              "trace, debug, info, warning, error, critical or off")
      .value_name("LEVEL");
  line.option("--http", options.http,
              "serve /healthz, /readyz and /metrics here, like 127.0.0.1:9100")
      .value_name("ADDR:PORT");
  add_options(line);
  if (const auto code = line.parse(argc, argv)) return *code;
  try {
    check_listen_address(options.http);
    return run_configured(name, options, signals, run);
  } catch (const UsageError& e) {
    std::cerr << "stalewatch-" << name << ": " << escape_untrusted(e.what(), max_message) << "\n";
    return exit_usage;
  } catch (const std::exception& e) {
    std::cerr << "stalewatch-" << name << ": " << escape_untrusted(e.what(), max_message) << "\n";
    return exit_failed;
  }
}

std::optional<Config> reread_config(const std::string& path, ConfigUser user) {
  auto read = read_config(path, user);
  if (auto* config = std::get_if<Config>(&read)) {
    for (const auto& warning : config->warnings) log::warn("{}", warning);
    return std::move(*config);
  }
  const auto& errors = std::get<std::vector<ConfigError>>(read);
  for (auto error : errors) {
    error.known.clear();  // dozens of keys; check-config is the place for them
    log::error("{}", to_string(error));
  }
  log::error("the configuration is not taken over, {} error(s); the running one stays in force",
             errors.size());
  return std::nullopt;
}

}  // namespace stalewatch
