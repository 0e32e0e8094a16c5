#include "cli/commands.hpp"
#include "cli/sibling.hpp"
#include "cli/supervisor.hpp"
#include "cli/written_files.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/bus/address.hpp"
#include "common/config/environment.hpp"
#include "common/config/reader.hpp"
#include "common/process/listen.hpp"
#include "common/process/signals.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace stalewatch::cli {
namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;
constexpr std::size_t max_message = 2'000;

/// In the order of their start. The prober stops first, so that its goodbye is heard; the
/// aggregator last.
struct Process {
  const char* name;
  unsigned stop_stage;
};
constexpr Process processes[] = {
    {"aggregator", 2}, {"recorder", 1}, {"notifier", 1}, {"prober", 0}};

struct Options {
  std::string config;
  std::string run_for;
  std::string log_level;
  std::string http;
};

/// Where each of `processes` serves: the first at the port that is given, the others at those
/// after. Throws std::runtime_error for what is no address, or has no such ports.
std::vector<std::string> http_addresses(const std::string& given) {
  constexpr int last_port = 65535;
  const ListenAddress address = parse_listen_address(given);
  const bool is_v6 = address.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + address.host + "]" : address.host;
  std::vector<std::string> all;
  for (int port = address.port; all.size() < std::size(processes); ++port) {
    if (address.port == 0 || port > last_port)
      throw std::runtime_error("\"" + given + "\" needs a port that three more can follow");
    all.push_back(host + ":" + std::to_string(port));
  }
  return all;
}

/// `http`: where each serves, or nothing.
std::vector<ChildSpec> children(const Options& options, const std::vector<std::string>& http) {
  std::vector<ChildSpec> specs;
  for (const auto& [name, stop_stage] : processes) {
    ChildSpec spec{name, {sibling(name), "--config", options.config}, stop_stage};
    if (!options.log_level.empty())
      spec.command.insert(spec.command.end(), {"--log-level", options.log_level});
    if (!http.empty()) spec.command.insert(spec.command.end(), {"--http", http.at(specs.size())});
    specs.push_back(std::move(spec));
  }
  return specs;
}

/// A process that cannot write its file would end, be started again and end, for ever.
bool can_keep_state(const Config& config) {
  bool all = true;
  for (const auto& file : written_files(config)) {
    const auto why = file.needed ? why_not_writable(file.path) : "";
    if (why.empty()) continue;
    std::cerr << "stalewatch up: " << file.key << ": cannot write " << escape_untrusted(file.path)
              << ": " << escape_untrusted(why) << '\n';
    all = false;
  }
  return all;
}

/// The aggregator would end, and what else is started would join somebody else's.
bool can_listen(const TransportConfig& transport) {
  try {
    std::vector<AddressClaim> claims;  // together: one address may be written in two ways
    for (const auto* endpoint : {&transport.samples, &transport.control, &transport.events})
      claims.emplace_back(*endpoint);
    return true;
  } catch (const std::runtime_error& e) {
    std::cerr << "stalewatch up: " << escape_untrusted(e.what(), max_message) << '\n';
    return false;
  }
}

int up(const Options& options) {
  Signals signals;
  std::optional<Duration> run_for;
  if (!options.run_for.empty()) {
    run_for = parse_duration(options.run_for);
    if (!run_for) {
      std::cerr << "stalewatch up: --for \"" << options.run_for
                << "\" is no duration such as 60s, 15m or 2h\n";
      return wrong_usage;
    }
  }
  std::vector<std::string> http;
  try {
    if (!options.http.empty()) http = http_addresses(options.http);
  } catch (const std::runtime_error& e) {
    std::cerr << "stalewatch up: --http: " << escape_untrusted(e.what()) << '\n';
    return wrong_usage;
  }
  const auto read = read_config(options.config);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&read)) {
    for (const auto& error : *errors) std::cerr << line_of("stalewatch up", error) << '\n';
    return wrong_usage;
  }
  if (!can_keep_state(std::get<Config>(read))) return wrong_usage;
  if (!can_listen(std::get<Config>(read).transport)) return failed;
  // The children's addresses and files are ours, wherever they come to be started.
  const auto state = absolute_path(state_directory(process_environment()));
  setenv("STALEWATCH_STATE_DIR", state.c_str(), 1);
  // Our children write to pipes; those that would colour a terminal may do so when ours is one.
  if (MarkedOutput(STDOUT_FILENO).colored()) setenv("CLICOLOR_FORCE", "1", 0);
  return Supervisor(children(options, http), signals).run(run_for);
}

}  // namespace

Runner prepare_up(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.config_file(options->config, "the configuration file").required();
  line.option("--for", options->run_for, "stop by itself after this long: 60s, 15m, 2h");
  line.option("--http", options->http,
              "serve /healthz, /readyz and /metrics of the aggregator here, like 127.0.0.1:9101, "
              "and of recorder, notifier and prober at the three ports after it")
      .value_name("ADDR:PORT");
  line.option("--log-level", options->log_level,
              "of the processes' own logs: trace, debug, info, warning, error");
  return [options] { return up(*options); };
}

}  // namespace stalewatch::cli
