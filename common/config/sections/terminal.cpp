// terminal: lines on standard output.

#include "common/config/sections/terminal.hpp"

#include "common/config/setters.hpp"
#include "common/config/walk.hpp"

namespace stalewatch {
namespace {

std::span<const ConfigKey> section_keys() {
  using enum ConfigType;
  using T = TerminalConfig;
  static constexpr ConfigKey keys[] = {
      {.path = "terminal.color",
       .type = choice,
       .initial = "auto",
       .choices = "auto|always|never",
       .meaning = "`auto`: on a terminal, unless NO_COLOR is set",
       .example = "never",
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             const auto& word = std::get<std::string>(value);
             draft.config.sections.edit<T>().color = word == "always"  ? T::Color::always
                                                     : word == "never" ? T::Color::never
                                                                       : T::Color::automatic;
           }},
      {.path = "terminal.format",
       .type = choice,
       .initial = "text",
       .choices = "text|json",
       .meaning = "`json`: one JSON object a line",
       .example = "json",
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             draft.config.sections.edit<T>().json = std::get<std::string>(value) == "json";
           }},
  };
  return keys;
}

void finish(ConfigWalk& walk) {
  if (walk.has("terminal")) walk.draft.config.sections.edit<TerminalConfig>();
}

std::string summary(const Config&) { return "terminal"; }

}  // namespace

const ConfigSection& terminal_section() {
  static const ConfigSection section{.path = "terminal",
                                     .keys = section_keys(),
                                     .finish = finish,
                                     .summary_line = SummaryLine::tells,
                                     .summary = summary};
  return section;
}

}  // namespace stalewatch
