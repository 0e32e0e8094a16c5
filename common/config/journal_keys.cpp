// What is kept, and how much of it.

#include "common/config/setters.hpp"

namespace stalewatch {

const std::vector<ConfigKey>& journal_keys() {
  using C = Config;
  using J = JournalConfig;
  using enum ConfigType;
  constexpr std::int64_t mib = std::int64_t{1} << 20;
  static const std::vector<ConfigKey> keys = {
      {.path = "journal.max_size",
       .type = size,
       .initial = "2GiB",
       .min = 4 * mib,
       .max = std::int64_t{1} << 40,
       .meaning = "beyond this the oldest events are deleted, also those that a consumer has not "
                  "taken yet",
       .example = "500MiB",
       .set = set_in<&C::journal, &J::max_size>},
      {.path = "journal.keep_updates",
       .type = duration,
       .initial = "1d",
       .min = us_per_second,
       .max = 3650 * us_per_day,
       .meaning = "updates are kept until every consumer has taken them, and so long after that",
       .example = "7d",
       .set = set_in<&C::journal, &J::keep_updates>},
      {.path = "journal.keep_events",
       .type = duration,
       .initial = "30d",
       .min = us_per_second,
       .max = 3650 * us_per_day,
       .meaning = "all other events are kept until every consumer has taken them, and at least so "
                  "long",
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
      {.path = "journal.consumer_behind_after",
       .type = duration,
       .initial = "5m",
       .min = us_per_second,
       .max = us_per_hour,
       .meaning = "a consumer that has not taken an event after so long is told of "
                  "(`consumer_behind`)",
       .example = "2m",
       .set = set_in<&C::journal, &J::consumer_behind_after>},
  };
  return keys;
}

}  // namespace stalewatch
