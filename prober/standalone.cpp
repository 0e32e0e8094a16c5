#include "prober/standalone.hpp"

#include "common/base/clocks.hpp"
#include "common/config/target_spec.hpp"
#include "common/messages/json_lines.hpp"
#include "common/process/health.hpp"
#include "common/process/log.hpp"
#include "common/process/process.hpp"
#include "prober/app.hpp"
#include "prober/metrics.hpp"
#include "prober/sample_lines.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace stalewatch::prober {
namespace {

constexpr auto report_period = std::chrono::seconds(1);
constexpr auto longest_wait = std::chrono::seconds(1);  // for /healthz

AssignmentChange own_targets(const Config& config) {
  AssignmentChange change;
  change.assignment = "standalone";
  change.full = true;
  for (const ServerConfig& server : config.servers)
    change.added.push_back(
        target_spec(static_cast<std::uint32_t>(change.added.size() + 1), server));
  return change;
}

std::vector<std::string> names_of(const std::vector<ServerConfig>& servers) {
  std::vector<std::string> names;
  for (const ServerConfig& server : servers) names.push_back(server.name);
  return names;
}

/// How a sample of a target with this key is written.
using Writer = std::function<std::string(std::string_view key, Sample&& sample)>;

/// In words for a person; as JSON for what reads a pipe or a file.
Writer writer_for(const Config& config, bool for_person) {
  if (for_person)
    return [lines = SampleLines(names_of(config.servers))](std::string_view, Sample&& sample) {
      return lines.line_of(sample);
    };
  const std::string prober = config.prober.name.empty() ? host_name() : config.prober.name;
  return [prober](std::string_view key, Sample&& sample) {
    sample.target = 0;
    return to_json_line(NamedSample{prober, std::string(key), std::move(sample)});
  };
}

void wait(Probing& probing, Signals& signals) {
  const SteadyTime now = read_clocks().mono;
  SteadyTime deadline = now + longest_wait;
  if (const auto due = probing.deadline()) deadline = std::min(deadline, *due);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  std::array<pollfd, 3> fds{
      {{probing.fd(), POLLIN, 0}, {probing.resolver_fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
  poll(fds.data(), fds.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
}

}  // namespace

int run_standalone(const Config& config, bool once, Health& health, Signals& signals) {
  const Writer write_sample = writer_for(config, isatty(STDOUT_FILENO) == 1);
  bool written = true;
  Metrics metrics(health);
  const auto print = [&](std::string_view key, Sample&& sample) {
    metrics.probed(sample);
    const std::string line = write_sample(key, std::move(sample));
    written = written && std::puts(line.c_str()) >= 0;
  };
  Probing::Settings settings = probing_settings(config);
  settings.once = once;
  Probing probing(std::move(settings), print, read_clocks());
  probing.apply(own_targets(config), read_clocks());
  health.ready(true);
  log::info("probing without an aggregator targets={}", probing.targets());

  SteadyTime next_report{};
  while (!(once && probing.finished())) {
    wait(probing, signals);
    health.beat();
    probing.turn(read_clocks());
    if (const Now now = read_clocks(); now.mono >= next_report) {
      next_report = now.mono + report_period;
      metrics.update({.targets = probing.targets(),
                      .in_flight = probing.in_flight(),
                      .overdue = probing.overdue(now),
                      .skipped = probing.skipped()});
    }
    written = written && std::fflush(stdout) == 0;
    if (!written) {
      log::error("standard output is closed");
      return exit_failed;
    }
    if (signals.take().stop) return once ? exit_failed : 0;
  }
  return 0;
}

}  // namespace stalewatch::prober
