#include "common/process/process.hpp"
#include "prober/run.hpp"

int main(int argc, char** argv) {
  stalewatch::prober::Options options;
  return stalewatch::run_process(
      "prober", "Asks targets how old their data are and sends what it sees to the aggregator.",
      argc, argv,
      [&](stalewatch::CommandLine& line) { stalewatch::prober::add_options(line, options); },
      [&](stalewatch::ProcessContext& context) {
        return stalewatch::prober::run(context, options);
      });
}
