#include "common/messages/piece.hpp"

#include "tests/catch.hpp"

#include <vector>

using namespace stalewatch;

namespace {

/// How many elements of each piece, when elements of these sizes are cut.
std::vector<std::size_t> cut(const std::vector<std::size_t>& sizes) {
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < sizes.size();) {
    Piece piece;
    const auto first = i;
    while (i < sizes.size() && piece.take(sizes[i])) ++i;
    counts.push_back(i - first);
  }
  return counts;
}

using Counts = std::vector<std::size_t>;

TargetSpec target(std::uint32_t id, std::size_t header_bytes) {
  return {.id = id,
          .key = "T" + std::to_string(id),
          .headers = {{"X", std::string(header_bytes, 't')}}};
}

}  // namespace

TEST_CASE("a list is cut by bytes, and by the number of its elements", "[piece]") {
  CHECK(cut({}) == Counts{});
  CHECK(cut({1, 1, 1}) == Counts{3});
  const std::size_t third = (piece_bytes - 1024) / 3;
  CHECK(cut({third, third, third, third}) == Counts{3, 1});
  CHECK(cut({third + 1, third + 1, third + 1, third + 1}) == Counts{2, 2});
  CHECK(cut(std::vector<std::size_t>(piece_elements * 2 + 1, 1)) ==
        Counts{piece_elements, piece_elements, 1});
}

TEST_CASE("an element that is larger than a piece has one for itself", "[piece]") {
  CHECK(cut({piece_bytes * 2}) == Counts{1});
  CHECK(cut({1, piece_bytes * 2, 1, 1}) == Counts{1, 1, 2});
}

TEST_CASE("a message that was filled as far as there is room has at most the bytes of a piece",
          "[piece]") {
  Piece piece;
  Targets message{.assignment = std::string(200, 'j')};
  for (std::uint32_t id = 0;; ++id) {
    auto next = target(1 << 30 | id, 9'000);
    if (!piece.take(encoded_size(next))) break;
    message.added.push_back(std::move(next));
  }
  const auto bytes = encode(message);
  CHECK(bytes.size() <= piece_bytes);
  CHECK(bytes.size() > piece_bytes - 12'000);
  CHECK(decode<Targets>(bytes));
}

TEST_CASE(
    "receivers take as many elements as a piece may have, and the largest element there may be",
    "[piece]") {
  Targets removed;
  removed.removed.assign(piece_elements, 4'000'000'000U);
  const auto many = decode<Targets>(encode(removed));
  REQUIRE(many);
  CHECK(many->removed.size() == piece_elements);
  auto largest = target(1, max_element_bytes - 400);
  CHECK(encoded_size(largest) <= max_element_bytes);
  CHECK(decode<Targets>(encode(Targets{.added = {largest}})));
}
