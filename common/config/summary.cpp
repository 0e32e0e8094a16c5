#include "common/base/text.hpp"
#include "common/config/reader.hpp"
#include "common/config/schema.hpp"

namespace stalewatch {
namespace {

/// What the sections say in one line. What is nearest to people is said first, and stands last in
/// the table: terminal, log file, chat.
std::string said_in(SummaryLine line, const Config& config) {
  std::string text;
  const auto sections = config_sections();
  for (auto section = sections.rbegin(); section != sections.rend(); ++section) {
    if ((*section)->summary_line != line) continue;
    const std::string said = (*section)->summary(config);
    text += (text.empty() || said.empty() ? "" : "; ") + said;
  }
  return text;
}

}  // namespace

std::string summarize(const Config& config) {
  constexpr std::pair<SummaryLine, std::string_view> lines[] = {
      {SummaryLine::servers, ""},
      {SummaryLine::tells, "tells       "},
      {SummaryLine::rows, "rows        "},
      {SummaryLine::sockets, "sockets     "},
      {SummaryLine::journal, "journal     "},
      {SummaryLine::notifier, "notifier    "}};
  std::string text = escape_untrusted(config.file) + ": good\n";
  for (const auto& [line, label] : lines) text += std::string(label) + said_in(line, config) + "\n";
  for (const auto& warning : config.warnings) text += "warning     " + warning + "\n";
  return text;
}

}  // namespace stalewatch
