#pragma once

#include "common/config/sections/terminal.hpp"
#include "notifier/sinks/sink.hpp"

namespace stalewatch::notifier {

/// Lines on standard output. A terminal that is held (Ctrl-S) or a pipe that nobody reads is waited
/// for.
class TerminalSink : public Sink {
 public:
  /// `fd` stays the caller's.
  TerminalSink(const TerminalConfig& config, int fd);

  Handover deliver(const std::vector<Item>& items, Now now, const std::stop_token& stop) override;
  Result<std::string> test(Timestamp now) override;

 private:
  bool write_all(std::string_view text, const std::stop_token& stop);

  bool json_, color_;
  int fd_;
  bool gone_ = false;  ///< the other end was closed: nobody will ever read
};

SinkKind terminal_kind();

}  // namespace stalewatch::notifier
