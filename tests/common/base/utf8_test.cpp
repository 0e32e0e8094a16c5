#include "common/base/utf8.hpp"

#include "tests/catch.hpp"

#include <string>

using namespace stalewatch;

TEST_CASE("a text is cut to bytes where a character begins", "[utf8]") {
  const std::string text = "a\u00fc\u20ac\U0001f642b";  // of 1, 2, 3, 4 and 1 bytes
  REQUIRE(text.size() == 11);
  const std::size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (std::size_t max = 0; max < std::size(whole); ++max) {
    INFO(max << " bytes");
    CHECK(cut_to_bytes(text, max) == text.substr(0, whole[max]));
  }
  CHECK(cut_to_bytes("", 0).empty());
}

TEST_CASE("a text from some byte on begins where a character does", "[utf8]") {
  const std::string text = "a\u00fc\u20ac\U0001f642b";
  const std::size_t begins[] = {0, 1, 3, 3, 6, 6, 6, 10, 10, 10, 10, 11};
  for (std::size_t from = 0; from < std::size(begins); ++from) {
    INFO("from " << from);
    CHECK(from_byte(text, from) == text.substr(begins[from]));
  }
}

TEST_CASE("of bytes that are no UTF-8 no more is lost than of a character", "[utf8]") {
  const std::string rubbish(100, '\x80');
  CHECK(cut_to_bytes(rubbish, 50).size() == 47);
  CHECK(from_byte(rubbish, 50).size() == 47);
  CHECK(cut_to_bytes(rubbish, 2).empty());
}
