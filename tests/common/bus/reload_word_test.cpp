#include "common/bus/reload_word.hpp"

#include "tests/catch.hpp"

using namespace stalewatch;

TEST_CASE("a word to reload counts once, and not what was said before we listened", "[reload]") {
  const Timestamp first = timestamp_from_us(1'000'000), second = timestamp_from_us(2'000'000);
  ReloadWord word;
  CHECK_FALSE(word.take());
  SECTION("said before") {
    word.heard(first);
    CHECK_FALSE(word.take());
    word.heard(second);
    CHECK(word.take());
    CHECK_FALSE(word.take());
    word.heard(second);
    CHECK_FALSE(word.take());
  }
  SECTION("said for the first time") {
    word.heard(std::nullopt);
    word.heard(first);
    CHECK(word.take());
  }
  SECTION("the aggregator was started again, and knows of none") {
    word.heard(first);
    word.heard(std::nullopt);
    CHECK_FALSE(word.take());
    word.heard(second);
    CHECK(word.take());
  }
}
