#include "aggregator/recording/replay.hpp"

#include "aggregator/core.hpp"
#include "aggregator/recording/file.hpp"
#include "common/messages/json_lines.hpp"
#include "common/process/log.hpp"
#include "common/process/process.hpp"

#include <iostream>

namespace stalewatch::aggregator {

int run_replay(const std::string& path) {
  RecordingReader recording(path);
  Core core(recording.state());
  const auto first = core.next_seq();
  while (const auto recorded = recording.next()) {
    core.apply(recorded->input, recorded->now);
    for (const auto& event : core.take_changes().events) std::cout << to_json_line(event) << '\n';
    core.take_acks();
    core.take_assignment_changes();
    if (!std::cout) return exit_failed;  // nobody reads any more
  }
  std::cout.flush();
  if (recording.cut_off() > 0)
    log::warn("the last record was not written to its end: {} bytes of it are left out",
              recording.cut_off());
  log::info("replayed inputs={} events={}", recording.inputs(), core.next_seq() - first);
  return std::cout ? 0 : exit_failed;
}

}  // namespace stalewatch::aggregator
