#include "notifier/sinks/log.hpp"
#include "notifier/sinks/rocketchat/sink.hpp"
#include "notifier/sinks/sink.hpp"
#include "notifier/sinks/terminal.hpp"

#include <algorithm>

namespace stalewatch::notifier {

std::span<const SinkKind> sink_table() {
  static const SinkKind table[] = {terminal_kind(), log_kind(), rocketchat_kind()};
  return table;
}

std::string_view complete_sink() {
  const auto table = sink_table();
  return std::find_if(table.begin(), table.end(), [](const auto& kind) { return kind.complete; })
      ->name;
}

std::string sink_titles() {
  std::string titles;
  for (const auto& kind : sink_table())
    titles += (titles.empty() ? "" : ", ") + std::string(kind.title);
  return titles;
}

}  // namespace stalewatch::notifier
