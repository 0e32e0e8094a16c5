#include "common/config/schema.hpp"

namespace stalewatch {

// Each in its own file here.
const ConfigSection& servers_section();
const ConfigSection& defaults_section();
const ConfigSection& main_section();
const ConfigSection& database_section();
const ConfigSection& rocketchat_section();
const ConfigSection& logs_section();
const ConfigSection& terminal_section();
const ConfigSection& transport_section();
const ConfigSection& prober_section();
const ConfigSection& journal_section();
const ConfigSection& notifier_section();

std::span<const ConfigSection* const> config_sections() {
  static const ConfigSection* const sections[] = {
      &servers_section(),    &defaults_section(), &main_section(),     &database_section(),
      &rocketchat_section(), &logs_section(),     &terminal_section(), &transport_section(),
      &prober_section(),     &journal_section(),  &notifier_section()};
  return sections;
}

}  // namespace stalewatch
