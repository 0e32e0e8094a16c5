#include "aggregator/probers/target_pieces.hpp"

#include "common/messages/wire.hpp"
#include "tests/catch.hpp"

#include <numeric>

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

using Ids = std::vector<std::uint32_t>;

Ids ids(std::uint32_t first, std::uint32_t count) {
  Ids all(count);
  std::iota(all.begin(), all.end(), first);
  return all;
}

TargetSpec target(std::uint32_t id, std::size_t header_bytes) {
  return {.id = id,
          .key = "T" + std::to_string(id),
          .headers = {{"X", std::string(header_bytes, 't')}}};
}

/// Targets whose headers are this large.
TargetPieces::Lookup all_of(std::size_t header_bytes) {
  return [=](std::uint32_t id) { return target(id, header_bytes); };
}

/// Every piece as its receiver decodes it.
std::vector<Targets> sent(TargetPieces& pieces, const TargetPieces::Lookup& lookup) {
  std::vector<Targets> all;
  while (!pieces.done()) {
    const auto bytes = encode(pieces.piece(lookup));
    CHECK(bytes.size() <= piece_bytes);
    auto piece = decode<Targets>(bytes);
    REQUIRE(piece);
    all.push_back(*std::move(piece));
    pieces.sent();
  }
  CHECK(pieces.count() == all.size());
  return all;
}

Ids added_in(const std::vector<Targets>& pieces) {
  Ids found;
  for (const auto& piece : pieces)
    for (const auto& spec : piece.added) found.push_back(spec.id);
  return found;
}

}  // namespace

TEST_CASE("targets with large headers go in as many pieces as they need", "[target_pieces]") {
  TargetPieces change({"a", true, ids(1, 500), {}}, {.assignment = "j", .generation = 7});
  const auto pieces = sent(change, all_of(9'000));
  REQUIRE(pieces.size() > 15);
  CHECK(added_in(pieces) == ids(1, 500));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    CHECK(pieces[i].full == (i == 0));
    CHECK(pieces[i].last == (i + 1 == pieces.size()));
    CHECK(pieces[i].assignment == "j");
    CHECK(pieces[i].generation == 7);
  }
}

TEST_CASE("more ids than a receiver takes of one list are removed, before others are added",
          "[target_pieces]") {
  TargetPieces change({"a", false, ids(60'001, 3), ids(1, 50'000)}, {});
  const auto pieces = sent(change, all_of(10));
  Ids removed;
  for (const auto& piece : pieces)
    removed.insert(removed.end(), piece.removed.begin(), piece.removed.end());
  CHECK(removed == ids(1, 50'000));
  CHECK(added_in(pieces) == ids(60'001, 3));
  for (const auto& piece : pieces) CHECK_FALSE(piece.full);
  CHECK(pieces.size() == 6);
}

TEST_CASE("nothing to add is one piece: the prober has nothing to probe", "[target_pieces]") {
  TargetPieces change({"a", true, {}, {}}, {});
  const auto pieces = sent(change, all_of(10));
  REQUIRE(pieces.size() == 1);
  CHECK(pieces[0].full);
  CHECK(pieces[0].last);
}

TEST_CASE("a target that no receiver could take is left out and told, the others go",
          "[target_pieces]") {
  const auto too_large = GENERATE(1U, 2U, 3U);
  TargetPieces change({"a", true, ids(1, 3), {}}, {});
  const auto pieces = sent(change, [&](std::uint32_t id) {
    return target(id, id == too_large ? max_element_bytes : 10);
  });
  Ids others = ids(1, 3);
  std::erase(others, too_large);
  CHECK(added_in(pieces) == others);
  CHECK(pieces.back().last);
  const auto left_out = change.take_left_out();
  REQUIRE(left_out.size() == 1);
  CHECK(left_out[0].key == "T" + std::to_string(too_large));
  CHECK(left_out[0].bytes > max_element_bytes);
  CHECK(change.take_left_out().empty());
}

TEST_CASE("a large target that a receiver can take has a piece for itself", "[target_pieces]") {
  TargetPieces change({"a", true, ids(1, 3), {}}, {});
  const auto lookup = [](std::uint32_t id) { return target(id, id == 2 ? 900'000 : 10); };
  std::vector<std::size_t> counts;
  for (; !change.done(); change.sent()) {
    const auto piece = decode<Targets>(encode(change.piece(lookup)));
    REQUIRE(piece);
    counts.push_back(piece->added.size());
  }
  CHECK(counts == std::vector<std::size_t>{1, 1, 1});
}

TEST_CASE("a target that has left meanwhile is not told", "[target_pieces]") {
  TargetPieces change({"a", true, ids(1, 3), {}}, {});
  const auto pieces = sent(change, [](std::uint32_t id) {
    return id == 3 ? std::nullopt : std::optional(target(id, 10));
  });
  CHECK(added_in(pieces) == ids(1, 2));
  CHECK(pieces.back().last);
}

TEST_CASE("a piece that found no room is the same the next time", "[target_pieces]") {
  TargetPieces change({"a", true, ids(1, 500), {}}, {});
  const auto first = change.piece(all_of(9'000));
  CHECK(change.piece(all_of(9'000)) == first);
  change.sent();
  CHECK(change.piece(all_of(9'000)).added.front().id == first.added.back().id + 1);
}
