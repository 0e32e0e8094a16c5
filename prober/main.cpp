#include "common/process/process.hpp"
#include "prober/run.hpp"

int main(int argc, char** argv) {
  stalewatch::prober::CommandLine line;
  return stalewatch::run_process(
      "prober", "Asks targets how old their data are and sends what it sees to the aggregator.",
      argc, argv, [&](CLI::App& app) { stalewatch::prober::add_options(app, line); },
      [&](stalewatch::ProcessContext& context) { return stalewatch::prober::run(context, line); });
}
