// journal: what the aggregator keeps, and how much of it.

#include "common/base/text.hpp"
#include "common/config/environment.hpp"
#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"
#include "common/config/walk.hpp"

namespace stalewatch {
namespace {

/// As a consumer's name it stands in the head of its messages, in events and in answers to people.
std::string check_consumer(const ConfigValue& value) {
  if (auto wrong = check_name(value); !wrong.empty()) return wrong;
  const auto& name = text_of(value);
  return escape_untrusted(name, name.size()) == name ? "" : "is not fit to be shown";
}

std::span<const ConfigKey> section_keys() {
  using enum ConfigType;
  using C = Config;
  using J = JournalConfig;
  constexpr std::int64_t mib = std::int64_t{1} << 20;
  static constexpr ConfigKey keys[] = {
      {.path = "journal.path",
       .type = path,
       .initial = "(journal.sqlite in the state directory)",
       .meaning = "file of the aggregator's journal; on a local disk",
       .example = "/srv/stalewatch/journal.sqlite",
       .check = check_not_empty,
       .set = set_config<&C::journal_path>},
      {.path = "journal.max_size",
       .type = size,
       .initial = "2GiB",
       .min = 4 * mib,
       .max = std::int64_t{1} << 40,
       .meaning = "beyond this the oldest events are deleted, also those that one of "
                  "`journal.consumers` has not taken yet",
       .example = "500MiB",
       .set = set_in<&C::journal, &J::max_size>},
      {.path = "journal.keep_updates",
       .type = duration,
       .initial = "1d",
       .min = us_per_second,
       .max = 3650 * us_per_day,
       .meaning = "updates are kept until all of `journal.consumers` have taken them, and so long "
                  "after that",
       .example = "7d",
       .set = set_in<&C::journal, &J::keep_updates>},
      {.path = "journal.keep_events",
       .type = duration,
       .initial = "30d",
       .min = us_per_second,
       .max = 3650 * us_per_day,
       .meaning = "all other events are kept until all of `journal.consumers` have taken them, and "
                  "at least so long",
       .example = "90d",
       .set = set_in<&C::journal, &J::keep_events>},
      {.path = "journal.reserve",
       .type = size,
       .initial = "64MiB",
       .min = 0,
       .max = 64 * 1024 * mib,
       .meaning = "disk space held back, in a file beside the journal, to live on when the disk is "
                  "full; 0: none",
       .example = "256MiB",
       .set = set_in<&C::journal, &J::reserve>},
      {.path = "journal.consumers",
       .type = list,
       .initial = "[notifier, recorder]",
       .min = 0,
       .max = 100,
       .meaning = "who has a place of its own in the journal: events are kept until each of these "
                  "has acknowledged them. The list replaces the default: name `notifier` and "
                  "`recorder`, too",
       .example = "[notifier, recorder, archive]",
       .check = check_consumer,
       .set = set_in<&C::journal, &J::consumers>},
      {.path = "journal.consumer_behind_after",
       .type = duration,
       .initial = "5m",
       .min = us_per_second,
       .max = us_per_hour,
       .meaning = "one of `journal.consumers` that has not taken an event after so long is told of "
                  "(`consumer_behind`)",
       .example = "2m",
       .set = set_in<&C::journal, &J::consumer_behind_after>},
  };
  return keys;
}

void finish(ConfigWalk& walk) {
  std::string& path = walk.draft.config.journal_path;
  if (path.empty()) path = walk.in_state_directory("journal.sqlite");
}

std::string summary(const Config& config) {
  std::string names;
  for (const auto& name : config.journal.consumers) names += (names.empty() ? "" : ", ") + name;
  return escape_untrusted(absolute_path(config.journal_path)) + ", kept for " +
         (names.empty() ? "nobody" : names);
}

}  // namespace

const ConfigSection& journal_section() {
  static const ConfigSection section{.path = "journal",
                                     .keys = section_keys(),
                                     .finish = finish,
                                     .summary_line = SummaryLine::journal,
                                     .summary = summary};
  return section;
}

}  // namespace stalewatch
