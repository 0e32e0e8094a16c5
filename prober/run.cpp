#include "prober/run.hpp"

#include "common/config/reader.hpp"
#include "common/process/health.hpp"
#include "common/process/log.hpp"
#include "common/process/open_files.hpp"
#include "prober/app.hpp"
#include "prober/standalone.hpp"

#include <iostream>
#include <utility>

namespace stalewatch::prober {
namespace {

constexpr Duration longest_wait = std::chrono::seconds(1);  // so that /healthz sees the loop turn
constexpr std::size_t other_files = 64;                     // libraries, sockets, log

void check_open_files(const ProberConfig& prober) {
  const std::size_t limit = raise_open_files_limit();
  const auto wanted = static_cast<std::size_t>(prober.max_connections) +
                      static_cast<std::size_t>(prober.max_in_flight) + other_files;
  if (limit < wanted)
    log::warn(
        "fewer open files are allowed than prober.max_connections and .max_in_flight may "
        "need allowed={} needed={} (raise the hard limit of open files)",
        limit, wanted);
}

/// The servers with their secrets, which a prober with an aggregator has no use for.
Config with_servers(const std::string& file) {
  auto read = read_config(file, ConfigUser::standalone_prober);
  if (auto* config = std::get_if<Config>(&read)) {
    for (const auto& warning : config->warnings) log::warn("{}", warning);
    return std::move(*config);
  }
  std::string text = "the configuration has errors";
  for (const auto& error : std::get<std::vector<ConfigError>>(read))
    text += "\n" + to_string(error);
  throw UsageError(text);
}

void apply(const Options& options, ProberConfig& prober) {
  if (!options.name.empty()) prober.name = options.name;
  if (!options.zone.empty()) prober.zone = options.zone;
}

void reload(const ProcessContext& context) {
  const auto config = reread_config(context.options.config, ConfigUser::prober);
  if (!config) return;
  if (!context.options.log_level) set_log_level(config->logs.level);
  log::info(
      "configuration read again; targets come from the aggregator, a changed transport "
      "takes a restart");
}

int run_with_aggregator(ProcessContext& context, Health& health) {
  App app(context.config, health);
  for (;;) {
    const Signals::Seen seen = app.run_once(longest_wait, &context.signals);
    if (seen.reload) reload(context);
    if (!seen.stop) continue;
    app.stop();
    log::info("stopped");
    return 0;
  }
}

}  // namespace

void add_options(CommandLine& line, Options& options) {
  const Option standalone = line.flag(
      "--standalone", options.standalone,
      "probe the file's own servers and print samples: in words on a terminal, as JSON lines "
      "in a pipe or file");
  line.flag("--once", options.once, "with --standalone: each server once, then exit")
      .needs(standalone);
  line.option("--name", options.name,
              "what this prober is called (default: prober.name, or the host's name)");
  line.option("--zone", options.zone, "where it stands (default: prober.zone)");
}

int run(ProcessContext& context, const Options& options) {
  if (options.standalone) context.config = with_servers(context.options.config);
  apply(options, context.config.prober);
  check_open_files(context.config.prober);
  Health health("prober");
  if (!context.options.http.empty()) health.serve(context.options.http);
  if (options.standalone)
    return run_standalone(context.config, options.once, health, context.signals);
  return run_with_aggregator(context, health);
}

}  // namespace stalewatch::prober
