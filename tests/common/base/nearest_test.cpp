#include "common/base/nearest.hpp"

#include "tests/catch.hpp"

#include <vector>

namespace stalewatch {
namespace {

TEST_CASE("the nearest word within two slips is what was perhaps meant", "[base]") {
  const std::vector<std::string> known = {"up", "stale", "still_stale", "fresh_again"};
  CHECK(nearest_word("stael", known) == "stale");
  CHECK(nearest_word("still_stal", known) == "still_stale");
  CHECK(nearest_word("freshagian", known) == "fresh_again");
  CHECK(nearest_word("stalest!", known).empty());
  CHECK(nearest_word("upp", known) == "up");
  CHECK(nearest_word("xy", known).empty());  // two slips, and nothing of "up" is left
  CHECK(nearest_word("", known).empty());
  CHECK(nearest_word(std::string(1'000'000, 'x'), known).empty());
  CHECK(nearest_word("stale", {}).empty());
}

}  // namespace
}  // namespace stalewatch
