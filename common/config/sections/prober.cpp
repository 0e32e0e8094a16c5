// prober: who probes, and how many at a time.

#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"

namespace stalewatch {
namespace {

std::span<const ConfigKey> section_keys() {
  using enum ConfigType;
  using C = Config;
  using P = ProberConfig;
  constexpr std::int64_t max_parallel = 100'000;
  static constexpr ConfigKey keys[] = {
      {.path = "prober.name",
       .type = text,
       .initial = "(the host's name)",
       .meaning = "what the prober is called in messages",
       .example = "berlin-1",
       .check = check_name,
       .set = set_in<&C::prober, &P::name>},
      {.path = "prober.zone",
       .type = text,
       .initial = "(none)",
       .meaning = "where the prober stands; shown beside its name",
       .example = "berlin",
       .check = check_name,
       .set = set_in<&C::prober, &P::zone>},
      {.path = "prober.max_connections",
       .type = number,
       .initial = "1000",
       .min = 0,
       .max = max_parallel,
       .meaning = "connections kept open between probes",
       .example = "4000",
       .set = set_in<&C::prober, &P::max_connections>},
      {.path = "prober.max_in_flight",
       .type = number,
       .initial = "1000",
       .min = 1,
       .max = max_parallel,
       .meaning = "probes at the same time",
       .example = "200",
       .set = set_in<&C::prober, &P::max_in_flight>},
      {.path = "prober.ring",
       .type = number,
       .initial = "100000",
       .min = 10,
       .max = 10'000'000,
       .meaning = "samples that tell something new, kept until the aggregator has them on disk; "
                  "some 200 bytes each",
       .example = "1000000",
       .set = set_in<&C::prober, &P::ring>},
  };
  return keys;
}

}  // namespace

const ConfigSection& prober_section() {
  static const ConfigSection section{.path = "prober", .keys = section_keys()};
  return section;
}

}  // namespace stalewatch
