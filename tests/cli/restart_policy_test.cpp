#include "cli/restart_policy.hpp"

#include "tests/catch.hpp"

namespace stalewatch::cli {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a child that keeps ending is started again ever more slowly, up to 30 s", "[cli]") {
  struct Row {
    unsigned ends;
    Duration delay;
  };
  const Row rows[] = {{0, 500ms}, {1, 500ms}, {2, 1s},  {3, 2s},   {4, 4s},
                      {6, 16s},   {7, 30s},   {8, 30s}, {99, 30s}, {4'000'000'000U, 30s}};
  for (const auto& row : rows) {
    CAPTURE(row.ends);
    CHECK(restart_delay(row.ends) == row.delay);
  }
}

TEST_CASE("a minute without trouble forgets earlier ends", "[cli]") {
  CHECK(ends_in_a_row(0, 0us) == 1);
  CHECK(ends_in_a_row(5, 60s - 1us) == 6);
  CHECK(ends_in_a_row(5, 60s) == 1);
}

}  // namespace
}  // namespace stalewatch::cli
