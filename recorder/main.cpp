#include "common/base/text.hpp"
#include "common/process/process.hpp"
#include "recorder/app.hpp"
#include "recorder/test_run.hpp"

#include <iostream>

int main(int argc, char** argv) {
  using namespace stalewatch;
  bool from_stdin = false, test = false;
  std::string journal;
  return run_process(
      "recorder", "stores events as rows in a database", argc, argv,
      [&](CommandLine& line) {
        const Option in =
            line.flag("--stdin", from_stdin,
                      "store events that stand as JSON lines on standard input, then end");
        line.flag("--test", test, "say how the database answers, and end").excludes(in);
        line.option("--journal", journal,
                    "with --stdin: the journal id of the rows, whose lines must have a seq then; "
                    "the same seq under the same id is stored once (default: another id each "
                    "time)");
      },
      [&](ProcessContext& context) {
        if (test) return recorder::test_database(context.config, std::cout);
        if (!from_stdin) {
          if (!journal.empty()) throw UsageError("--journal goes with --stdin");
          return recorder::run(context);
        }
        if (journal.size() > 64) throw UsageError("--journal: at most 64 bytes");
        if (escape_untrusted(journal) != journal)
          throw UsageError("--journal: must be UTF-8 text without control characters");
        return recorder::run_stdin(context, journal);
      });
}
