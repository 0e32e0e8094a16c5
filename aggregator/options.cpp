#include "aggregator/options.hpp"

#include "common/process/process.hpp"
#include "common/times/computed_time.hpp"

namespace stalewatch::aggregator {

void add_options(CommandLine& line, Options& options) {
  auto& pipe = options.pipe;
  const Option in = line.flag("--stdin", options.from_stdin,
                              "read samples as JSON lines, print events as JSON lines");
  line.flag("--virtual-time", pipe.virtual_time, "with --stdin: the samples' times are the clock")
      .needs(in);
  line.option("--until", options.until,
              "with --stdin: fire deadlines until this time after the input has ended")
      .needs(in);
  line.option("--journal", pipe.journal, "with --stdin: keep state and events in this file")
      .needs(in);

  auto& record = options.record;
  line.option("--record", record.file, "write all that is decided by to this file, for --replay")
      .value_name("FILE")
      .excludes(in);
  line.option("--record-size", record.size, "what a file of it holds; the last two are kept")
      .value_name("MIB")
      .between(1, 1 << 16)
      .show_default();
  const Option again = line.option("--replay", options.recorded,
                                   "decide again what was recorded, print the events as JSON lines")
                           .value_name("FILE");
  line.instead_of(line.at("--config"), again);
}

void read_until(Options& options) {
  if (options.until.empty()) return;
  const auto reading = TimeFormat("auto", "UTC").read(options.until, false);
  if (!reading.time) throw UsageError("--until " + options.until + ": " + reading.problem);
  options.pipe.until = reading.time;
}

}  // namespace stalewatch::aggregator
