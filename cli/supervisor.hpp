#pragma once

#include "cli/child.hpp"
#include "cli/marked_output.hpp"
#include "common/base/lines.hpp"
#include "common/base/time.hpp"
#include "common/process/signals.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::cli {

/// Runs processes as children until it is told to stop: marks their output, starts crashed ones
/// again, forwards SIGHUP, and ends them all within 5 s, one stage after the other.
class Supervisor {
 public:
  Supervisor(std::vector<ChildSpec> children, Signals& signals);

  /// Returns the exit code: 0 when all ended cleanly after a signal or after `run_for`; 1 when one
  /// had to be killed, failed while stopping, did not run when `run_for` was over, or our own
  /// output was closed; 2 when one refused its
  /// configuration at its first start.
  int run(std::optional<Duration> run_for);

 private:
  /// In bytes: longer than any line of ours, shorter than what makes a terminal useless. Longer
  /// ones come in pieces.
  static constexpr std::size_t longest_line = 16 * 1024;
  struct Slot {
    ChildSpec spec;
    int color = 0;
    std::unique_ptr<Child> child;        // none while it waits to be started
    std::optional<SteadyTime> start_at;  // when to start it (again)
    SteadyTime started{};
    unsigned starts = 0;
    unsigned ends = 0;  // in a row
    Lines out{longest_line, Lines::Rest::follows};
    Lines err{longest_line, Lines::Rest::follows};
  };

  void say(std::string_view text);
  void start_due(SteadyTime now);
  void start(Slot& slot, SteadyTime now);
  void wait_for_something(SteadyTime now);
  void take_signals(SteadyTime now);
  void read_output(Slot& slot, bool to_the_end);
  void take_exit(Slot& slot, SteadyTime now);
  void after_unexpected_end(Slot& slot, int status, SteadyTime now);
  void end_of_time(SteadyTime now);
  void stop(std::string_view why, int exit_code, SteadyTime now);
  void stop_next(SteadyTime now);
  void kill_all();
  bool all_gone() const;
  int poll_timeout(SteadyTime now) const;
  void flush_output();

  std::vector<Slot> slots_;
  Signals& signals_;
  MarkedOutput out_, err_;
  std::optional<SteadyTime> end_at_;   // --for
  std::optional<SteadyTime> kill_at_;  // set while stopping
  SteadyTime next_stage_at_{};         // whoever has not ended by then is not waited for
  unsigned stop_stage_ = 0;            // the next to be asked
  bool killed_ = false;
  int exit_code_ = 0;
};

}  // namespace stalewatch::cli
