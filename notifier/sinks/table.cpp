#include "notifier/sinks/log.hpp"
#include "notifier/sinks/rocketchat/sink.hpp"
#include "notifier/sinks/sink.hpp"
#include "notifier/sinks/terminal.hpp"

#include <array>

namespace stalewatch::notifier {

std::span<const SinkKind> sink_table() {
  constexpr auto everything = [](const Event&) { return true; };
  static const std::array<SinkKind, 3> table = {{
      {"terminal", [](const Config&) { return true; }, everything,
       [](const Config& a, const Config& b) { return a.terminal == b.terminal; }, false,
       make_terminal_sink},
      // Never the same: a reload is what log rotation from outside asks for to have the file
      // reopened.
      {"log", [](const Config& c) { return !c.logs.filename.empty(); }, everything,
       [](const Config&, const Config&) { return false; }, false, make_log_sink},
      {"rocketchat", [](const Config& c) { return c.rocketchat.has_value(); },
       [](const Event& e) { return e.notify; },
       [](const Config& a, const Config& b) {
         return a.rocketchat == b.rocketchat && a.give_up_after == b.give_up_after;
       },
       true, make_rocketchat_sink},
  }};
  return table;
}

}  // namespace stalewatch::notifier
