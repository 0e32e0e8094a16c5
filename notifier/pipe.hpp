#pragma once

// --stdin: events as JSON lines instead of from an aggregator, for pipes, debugging and tests.

#include "common/process/health.hpp"
#include "common/process/process.hpp"

#include <string>
#include <vector>

namespace stalewatch::notifier {

/// Puts bytes together to lines; those that are too long to be an event are dropped.
class Lines {
 public:
  /// The lines that are complete now, without their newline; at the end the last one even without.
  std::vector<std::string> add(std::string_view bytes);
  std::vector<std::string> end();
  std::int64_t too_long() const { return too_long_; }

 private:
  std::string rest_;
  bool skipping_ = false;
  std::int64_t too_long_ = 0;
};

/// Tells the events of standard input and ends when all of them are told. Nothing is kept for the
/// next time. With `virtual_time` the events' own times are the clock. The exit code: 0 when all
/// could be read and told.
int run_pipe(ProcessContext& context, Health& health, bool virtual_time);

}  // namespace stalewatch::notifier
