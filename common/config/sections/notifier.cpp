// notifier: what is delivered, for how long, and the heartbeat.

#include "common/base/text.hpp"
#include "common/config/environment.hpp"
#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"
#include "common/config/walk.hpp"

namespace stalewatch {
namespace {

std::span<const ConfigKey> section_keys() {
  using enum ConfigType;
  using C = Config;
  static constexpr ConfigKey keys[] = {
      {.path = "notifier.state",
       .type = path,
       .initial = "(notifier.sqlite in the state directory)",
       .meaning = "file of what the notifier has delivered and still owes",
       .example = "/srv/stalewatch/notifier.sqlite",
       .check = check_not_empty,
       .set = set_config<&C::notifier_state>},
      {.path = "notifier.give_up_after",
       .type = duration,
       .initial = "24h",
       .min = us_per_second,
       .max = 365 * us_per_day,
       .meaning = "a message that could not be delivered for so long is given up, loudly",
       .example = "6h",
       .set = set_config<&C::give_up_after>},
      {.path = "notifier.heartbeat_url",
       .type = secret,
       .initial = "(none)",
       .meaning = "asked by GET while the whole chain moves: for a service outside that raises the "
                  "alarm when these calls stop",
       .example = "https://hc.example/ping/TOKEN",
       .needed_by = ConfigUser::notifier,
       .check = check_http_url,
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             set_config<&C::heartbeat_url>(draft, to_send(value));
           }},
      {.path = "notifier.heartbeat_interval",
       .type = duration,
       .initial = "60s",
       .min = us_per_second,
       .max = us_per_day,
       .meaning = "time between two of these calls",
       .example = "5m",
       .set = set_config<&C::heartbeat_interval>},
  };
  return keys;
}

void finish(ConfigWalk& walk) {
  std::string& state = walk.draft.config.notifier_state;
  if (state.empty()) state = walk.in_state_directory("notifier.sqlite");
}

std::string summary(const Config& config) {
  return escape_untrusted(absolute_path(config.notifier_state));
}

}  // namespace

const ConfigSection& notifier_section() {
  static const ConfigSection section{.path = "notifier",
                                     .keys = section_keys(),
                                     .finish = finish,
                                     .summary_line = SummaryLine::notifier,
                                     .summary = summary};
  return section;
}

}  // namespace stalewatch
