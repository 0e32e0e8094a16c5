#include "recorder/test_run.hpp"

#include "common/base/text.hpp"
#include "common/process/process.hpp"
#include "recorder/sql_event_store.hpp"

#include <cstdlib>
#include <ostream>

namespace stalewatch::recorder {

int test_database(const Config& config, std::ostream& out) {
  const auto store = make_sql_event_store(config.database);
  const auto opened = store->open();
  if (const auto* const error = std::get_if<StoreError>(&opened)) {
    out << "database: failed, " << error->text << std::endl;
    return exit_failed;
  }
  const auto& cursor = std::get<std::optional<Cursor>>(opened);
  out << "database: ok, " << store->describe() << ": "
      << (cursor ? "recorded up to event " + std::to_string(cursor->seq) + " of journal " +
                       escape_untrusted(cursor->journal, 64)
                 : "its tables are there, nothing is recorded yet")
      << std::endl;
  return EXIT_SUCCESS;
}

}  // namespace stalewatch::recorder
