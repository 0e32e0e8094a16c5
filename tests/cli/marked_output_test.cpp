#include "cli/marked_output.hpp"

#include "tests/catch.hpp"

namespace stalewatch::cli {
namespace {

TEST_CASE("a line is marked with its process, in colour where asked", "[cli]") {
  CHECK(marked_line("up", "started", -1) == "up         | started\n");
  CHECK(marked_line("aggregator", "x", -1) == "aggregator | x\n");
  CHECK(marked_line("up", "started", 0) == "\x1b[36mup         |\x1b[0m started\n");
}

}  // namespace
}  // namespace stalewatch::cli
