#include "recorder/line_numbers.hpp"

#include "tests/catch.hpp"

#include <string>
#include <vector>

namespace stalewatch::recorder {
namespace {

constexpr std::int64_t largest = std::int64_t{1} << 62;

/// "7", or the beginning of what is wrong.
std::string numbered(LineNumbers& numbers, std::optional<std::int64_t> written) {
  const auto number = numbers.of(written);
  return number ? std::to_string(*number) : number.error().substr(0, number.error().find(';'));
}

}  // namespace

TEST_CASE("lines without numbers are counted", "[recorder]") {
  LineNumbers numbers(false);
  CHECK(numbered(numbers, {}) == "1");
  CHECK(numbered(numbers, {}) == "2");
  CHECK(numbered(numbers, 7) == "\"seq\" is there though lines before have none");
  CHECK(numbered(numbers, {}) == "3");
}

TEST_CASE("numbers that are written stay, and then each line needs one", "[recorder]") {
  for (const bool must_be_written : {false, true}) {
    LineNumbers numbers(must_be_written);
    CHECK(numbered(numbers, 7) == "7");
    CHECK(numbered(numbers, 3) == "3");
    CHECK(numbered(numbers, {}).starts_with("\"seq\" is missing"));
    CHECK(numbered(numbers, 8) == "8");
  }
}

TEST_CASE("a number that is written has a range, which 0 is not in", "[recorder]") {
  LineNumbers numbers(false);
  const std::string wrong = "\"seq\" must be 1 to 4611686018427387904";
  CHECK(numbered(numbers, 0) == wrong);
  CHECK(numbered(numbers, -1) == wrong);
  CHECK(numbered(numbers, largest + 1) == wrong);
  CHECK(numbered(numbers, largest) == std::to_string(largest));
  CHECK(numbered(numbers, {}) == "\"seq\" is missing though lines before have one");
}

TEST_CASE("under a journal's id no line is counted", "[recorder]") {
  LineNumbers numbers(true);
  for (int line = 0; line < 2; ++line) CHECK(numbered(numbers, {}) == "\"seq\" is missing");
}

}  // namespace stalewatch::recorder
