#include "aggregator/app.hpp"
#include "aggregator/pipe.hpp"
#include "common/process/process.hpp"
#include "common/times/computed_time.hpp"

using namespace stalewatch;

namespace {

std::optional<Timestamp> read_until(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto reading = TimeFormat("auto", "UTC").read(text, false);
  if (!reading.time) throw UsageError("--until " + text + ": " + reading.problem);
  return reading.time;
}

}  // namespace

int main(int argc, char** argv) {
  bool from_stdin = false;
  aggregator::PipeOptions pipe;
  std::string until;
  const auto options = [&](CommandLine& line) {
    const Option in =
        line.flag("--stdin", from_stdin, "read samples as JSON lines, print events as JSON lines");
    line.flag("--virtual-time", pipe.virtual_time, "with --stdin: the samples' times are the clock")
        .needs(in);
    line.option("--until", until,
                "with --stdin: fire deadlines until this time after the input has ended")
        .needs(in);
    line.option("--journal", pipe.journal, "with --stdin: keep state and events in this file")
        .needs(in);
  };
  return run_process(
      "aggregator", "decides how fresh the data of each target are, and publishes events", argc,
      argv, options, [&](ProcessContext& context) {
        pipe.until = read_until(until);
        if (from_stdin) return aggregator::run_pipe(context.config, pipe, context.signals);
        return aggregator::App(context.config, context.signals, context.options.http).run();
      });
}
