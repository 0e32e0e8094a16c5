#include "common/base/random_id.hpp"

#include "tests/catch.hpp"

#include <set>

using namespace stalewatch;

TEST_CASE("random ids differ and have 32 hexadecimal digits", "[common][random_id]") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto id = random_id();
    CHECK(id.size() == 32);
    CHECK(id.find_first_not_of("0123456789abcdef") == id.npos);
    CHECK(seen.insert(id).second);
  }
}
