// main: what holds for all servers.

#include "common/config/setters.hpp"

namespace stalewatch {
namespace {

std::span<const ConfigKey> section_keys() {
  using enum ConfigType;
  using C = Config;
  static constexpr ConfigKey keys[] = {
      {.path = "main.checkup_interval",
       .type = duration,
       .bare_unit = "s",
       .initial = "60s",
       .min = 10 * us_per_ms,
       .max = 7 * us_per_day,
       .meaning = "time from one probe to the next, for servers without an interval of their own",
       .example = "30s",
       .set = set_config<&C::checkup_interval>},
  };
  return keys;
}

}  // namespace

const ConfigSection& main_section() {
  static const ConfigSection section{.path = "main", .keys = section_keys()};
  return section;
}

}  // namespace stalewatch
