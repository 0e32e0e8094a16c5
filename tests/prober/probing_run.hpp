#pragma once

// Probing with its loop, for tests of what each kind of target leads to.

#include "common/base/clocks.hpp"
#include "prober/probing.hpp"
#include "tests/catch.hpp"

#include <poll.h>

#include <array>
#include <map>

namespace stalewatch::prober {

using namespace std::chrono_literals;

inline TargetSpec spec_of(std::uint32_t id, std::string key, std::string address) {
  TargetSpec spec;
  spec.id = id;
  spec.key = std::move(key);
  spec.address = std::move(address);
  spec.interval = 60s;
  spec.timeout = 10s;
  spec.time_field = "computed_time";
  spec.time_format = "auto";
  spec.timezone = "UTC";
  spec.max_future = 1min;
  return spec;
}

/// Probing with its loop, for tests.
struct Run {
  explicit Run(std::vector<TargetSpec> specs, Probing::Settings settings)
      : probing(
            std::move(settings),
            [this](std::string_view key, Sample&& sample) {
              order.emplace_back(key);
              samples[std::string(key)] = std::move(sample);
            },
            read_clocks()) {
    AssignmentChange change{
        .assignment = "a", .generation = 1, .full = true, .added = std::move(specs)};
    probing.apply(std::move(change), read_clocks());
  }

  /// Turns the loop until `done` or, to fail loudly, for 30 s.
  template <typename Condition>
  void until(Condition done) {
    const SteadyTime end = read_clocks().mono + 30s;
    while (!done()) {
      const SteadyTime now = read_clocks().mono;
      REQUIRE(now < end);
      const SteadyTime next = std::min(probing.deadline().value_or(now + 100ms), now + 100ms);
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
      std::array<pollfd, 2> fds{{{probing.fd(), POLLIN, 0}, {probing.resolver_fd(), POLLIN, 0}}};
      poll(fds.data(), fds.size(), static_cast<int>(std::max<std::int64_t>(wait, 0)));
      probing.turn(read_clocks());
    }
  }

  std::map<std::string, Sample> samples;
  std::vector<std::string> order;
  Probing probing;
};

inline Probing::Settings once_with(Resolver::Function lookup = Resolver::system_lookup) {
  return {.max_in_flight = 2000,
          .http = {.max_connections = 100,
                   .user_agent = "stalewatch/test",
                   .lookup = std::move(lookup)},
          .once = true};
}

inline std::map<std::string, Sample> probe_all(std::vector<TargetSpec> specs,
                                               Probing::Settings settings = once_with()) {
  Run run(std::move(specs), std::move(settings));
  run.until([&] { return run.probing.finished(); });
  return run.samples;
}

inline const std::string good_body = R"({"computed_time": "2026-01-02T03:04:05.5Z"})";
inline const Timestamp good_time = timestamp_from_us(1'767'323'045'500'000);

}  // namespace stalewatch::prober
