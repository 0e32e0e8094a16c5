#include "common/process/health.hpp"
#include "notifier/app.hpp"
#include "notifier/owed.hpp"
#include "notifier/pipe.hpp"
#include "notifier/sinks/sink.hpp"
#include "notifier/test_run.hpp"

#include <iostream>

int main(int argc, char** argv) {
  using namespace stalewatch;
  bool from_stdin = false, virtual_time = false, test = false, owed = false, json = false;
  const auto add_options = [&](CommandLine& line) {
    line.at("--config").required(false);
    const Option in = line.flag("--stdin", from_stdin, "tell events read as JSON lines, and end");
    line.flag("--virtual-time", virtual_time, "with --stdin: the events' times are the clock")
        .needs(in);
    line.flag("--test", test, "send one test message on every configured channel, and end")
        .excludes(in);
    const Option debts = line.flag("--owed", owed, "say what is not delivered yet, and end");
    line.flag("--json", json, "with --owed: as one JSON object").needs(debts);
  };
  const auto run = [&](ProcessContext& context) {
    if (test) return notifier::test_sinks(context.config, std::cout);
    if (!from_stdin && context.options.config.empty()) throw UsageError("--config is required");
    if (owed) return notifier::print_debts(context.config.notifier_state, json, std::cout);
    Health health("notifier");
    if (!context.options.http.empty()) health.serve(context.options.http);
    if (from_stdin) return notifier::run_pipe(context, health, virtual_time);
    return notifier::App(context, health).run();
  };
  return run_process("notifier", "tells what the aggregator decides: " + notifier::sink_titles(),
                     argc, argv, add_options, run);
}
