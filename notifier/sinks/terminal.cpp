#include "notifier/sinks/terminal.hpp"

#include "common/messages/json_lines.hpp"
#include "common/process/log.hpp"
#include "notifier/render.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace stalewatch::notifier {
namespace {

/// A pipe that polls writable takes this much without blocking (PIPE_BUF).
constexpr std::size_t piece = 4096;
/// How long a terminal that takes nothing is waited for before looking whether to stop.
constexpr int poll_ms = 200;

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// NO_COLOR (https://no-color.org) is a person's wish; CLICOLOR_FORCE comes from `stalewatch up`,
/// whose own output is a terminal where ours is a pipe to it.
bool wants_color(TerminalConfig::Color color, int fd) {
  if (color != TerminalConfig::Color::automatic) return color == TerminalConfig::Color::always;
  return !is_set("NO_COLOR") && (is_set("CLICOLOR_FORCE") || isatty(fd) == 1);
}

std::unique_ptr<Sink> make_terminal_sink(const Config& config) {
  const auto* own = config.section<TerminalConfig>();
  return std::make_unique<TerminalSink>(own == nullptr ? TerminalConfig{} : *own, STDOUT_FILENO);
}

}  // namespace

TerminalSink::TerminalSink(const TerminalConfig& config, int fd)
    : json_(config.json), color_(wants_color(config.color, fd)), fd_(fd) {}

/// False when stopped, or when the other end was closed.
bool TerminalSink::write_all(std::string_view text, const std::stop_token& stop) {
  while (!text.empty()) {
    pollfd poll_fd{fd_, POLLOUT, 0};
    if (poll(&poll_fd, 1, poll_ms) <= 0) {
      if (stop.stop_requested()) return false;
      continue;
    }
    const auto written = write(fd_, text.data(), std::min(text.size(), piece));
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      gone_ = true;
      log::error("the terminal is gone, nothing more is shown there: {}",
                 std::generic_category().message(errno));
      return false;
    }
  }
  return true;
}

Handover TerminalSink::deliver(const std::vector<Item>& items, Now now,
                               const std::stop_token& stop) {
  Handover handover;
  for (const auto& item : items) {
    const bool shown = !json_ || item.note != Note::nothing_open;
    const auto line = json_ ? to_json_line(item.event) : line_of(item, color_);
    if (shown && !gone_ && !write_all(line + "\n", stop) && !gone_) {
      handover.again_at = now.mono;
      return handover;
    }
    handover.done.push_back(item.id);
  }
  return handover;
}

Result<std::string> TerminalSink::test(Timestamp now) {
  if (!write_all(format_local(now) + " TEST            stalewatch: alarms will appear here\n", {}))
    return Error{"cannot be written"};
  return std::string("written");
}

SinkKind terminal_kind() {
  return {.name = "terminal",
          .title = "terminal",
          .configured = [](const Config&) { return true; },
          .wants = wants_all,
          .same = same_section<TerminalConfig>,
          .folds = false,
          .complete = true,
          .make = make_terminal_sink};
}

}  // namespace stalewatch::notifier
