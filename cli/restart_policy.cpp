#include "cli/restart_policy.hpp"

#include "common/base/backoff.hpp"

namespace stalewatch::cli {
namespace {

constexpr Duration good_start = std::chrono::seconds(60);  // longer than any start-up work
// A person who fixed the cause waits no longer than the longest.
constexpr Backoff restarts{.first = std::chrono::milliseconds(500),
                           .longest = std::chrono::seconds(30)};

}  // namespace

unsigned ends_in_a_row(unsigned before, Duration ran) { return ran >= good_start ? 1 : before + 1; }

Duration restart_delay(unsigned ends) { return restarts.after(ends); }

}  // namespace stalewatch::cli
