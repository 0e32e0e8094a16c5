// logs: the log file of events, and how much of the processes' own logs is wanted.

#include "common/base/text.hpp"
#include "common/config/environment.hpp"
#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"
#include "common/config/values.hpp"

namespace stalewatch {
namespace {

std::string check_level(const ConfigValue& value) {
  if (parse_level(text_of(value))) return "";
  return "is none of trace, debug, info, warning, error, critical or off";
}

std::span<const ConfigKey> section_keys() {
  using enum ConfigType;
  using C = Config;
  using L = LogsConfig;
  static constexpr ConfigKey keys[] = {
      {.path = "logs.filename",
       .type = path,
       .initial = "(no log file)",
       .meaning = "file that every event is written to, as a line",
       .example = "runs.log",
       .check = check_not_empty,
       .set = set_in<&C::logs, &L::filename>},
      {.path = "logs.filemode",
       .type = choice,
       .initial = "a",
       .choices = "a|w",
       .meaning = "`a`: go on at the end; `w`: begin anew at each start",
       .example = "w",
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             draft.config.logs.append = std::get<std::string>(value) == "a";
           }},
      {.path = "logs.level",
       .type = text,
       .initial = "info",
       .meaning = "`trace`, `debug`, `info`, `warning`, `error`, `critical` or `off`, of the log "
                  "file and of the processes' own "
                  "logs; Python's `logging.INFO` is read too",
       .example = "logging.DEBUG",
       .check = check_level,
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             draft.config.logs.level = *parse_level(std::get<std::string>(value));
           }},
      {.path = "logs.max_size",
       .type = size,
       .initial = "10MiB",
       .min = 1024,
       .max = std::int64_t{1} << 40,
       .meaning = "a longer file is put aside as `runs.1.log` and a new one begun",
       .example = "100MiB",
       .set = set_in<&C::logs, &L::max_size>},
      {.path = "logs.max_files",
       .type = number,
       .initial = "5",
       .min = 1,
       .max = 1000,
       .meaning = "so many files put aside are kept",
       .example = "20",
       .set = set_in<&C::logs, &L::max_files>},
      {.path = "logs.format",
       .type = choice,
       .initial = "text",
       .choices = "text|json",
       .meaning = "`json`: one JSON object a line",
       .example = "json",
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             draft.config.logs.json = std::get<std::string>(value) == "json";
           }},
  };
  return keys;
}

std::string summary(const Config& config) {
  const LogsConfig& logs = config.logs;
  if (logs.filename.empty()) return "no log file";
  return "log file " + escape_untrusted(absolute_path(logs.filename)) +
         (logs.json ? " (JSON)" : "") + ", level " + logs.level;
}

}  // namespace

const ConfigSection& logs_section() {
  static const ConfigSection section{.path = "logs",
                                     .keys = section_keys(),
                                     .summary_line = SummaryLine::tells,
                                     .summary = summary};
  return section;
}

}  // namespace stalewatch
