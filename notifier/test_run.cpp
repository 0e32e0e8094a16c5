#include "notifier/test_run.hpp"

#include "common/base/clocks.hpp"
#include "common/base/text.hpp"
#include "common/process/process.hpp"
#include "notifier/sinks/sink.hpp"

#include <ostream>

namespace stalewatch::notifier {
namespace {

Result<std::string> test(const SinkKind& kind, const Config& config) {
  try {
    return kind.make(config)->test(read_clocks().wall);
  } catch (const std::exception& error) {
    return Error{error.what()};
  }
}

}  // namespace

int test_sinks(const Config& config, std::ostream& out) {
  bool good = true;
  for (const auto& kind : sink_table()) {
    out << kind.name << ": ";
    if (!kind.configured(config)) {
      out << "not configured\n";
      continue;
    }
    out.flush();  // the terminal sink writes past the stream
    const auto answer = test(kind, config);
    out << (answer ? "ok, " + *answer : "failed, " + escape_untrusted(answer.error())) << std::endl;
    good = good && static_cast<bool>(answer);
  }
  return good ? 0 : exit_failed;
}

}  // namespace stalewatch::notifier
