#include "common/base/text.hpp"
#include "common/process/process.hpp"
#include "recorder/app.hpp"

int main(int argc, char** argv) {
  using namespace stalewatch;
  bool from_stdin = false;
  std::string journal;
  return run_process(
      "recorder", "stores events as rows in a database", argc, argv,
      [&](CommandLine& line) {
        line.flag("--stdin", from_stdin,
                  "store events that stand as JSON lines on standard input, then end");
        line.option("--journal", journal,
                    "with --stdin: the journal id of the rows; the same line under the same id "
                    "is stored once (default: another one each time)");
      },
      [&](ProcessContext& context) {
        if (!from_stdin) {
          if (!journal.empty()) throw UsageError("--journal goes with --stdin");
          return recorder::run(context);
        }
        if (journal.size() > 64) throw UsageError("--journal: at most 64 bytes");
        return recorder::run_stdin(context, journal.empty() ? "stdin-" + random_id() : journal);
      });
}
