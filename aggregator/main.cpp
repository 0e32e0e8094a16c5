#include "aggregator/app.hpp"
#include "aggregator/options.hpp"
#include "aggregator/pipe.hpp"
#include "aggregator/recording/replay.hpp"
#include "common/process/process.hpp"

using namespace stalewatch;

int main(int argc, char** argv) {
  aggregator::Options own;
  return run_process(
      "aggregator", "decides how fresh the data of each target are, and publishes events", argc,
      argv, [&](CommandLine& line) { aggregator::add_options(line, own); },
      [&](ProcessContext& context) {
        aggregator::read_until(own);
        if (!own.recorded.empty()) return aggregator::run_replay(own.recorded);
        if (own.from_stdin) return aggregator::run_pipe(context.config, own.pipe, context.signals);
        return aggregator::App(context.config, context.signals, context.options.http, own.record)
            .run();
      });
}
