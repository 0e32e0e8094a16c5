#include "recorder/part_size.hpp"

#include "tests/catch.hpp"

namespace stalewatch::recorder {

TEST_CASE("all is tried at once until it fails", "[recorder]") {
  PartSize size;
  CHECK(size.of(0) == 0);
  CHECK(size.of(500) == 500);
  size.stored();
  CHECK(size.of(5000) == 5000);
}

TEST_CASE("a refused row is searched for by halves, and what follows doubles", "[recorder]") {
  PartSize size;
  for (const std::size_t next : {250u, 125u, 62u, 31u, 15u, 7u, 3u, 1u, 1u}) {
    size.refused(size.of(500));
    CHECK(size.of(500) == next);
  }
  CHECK(size.is_one());
  for (const std::size_t next : {2u, 4u, 8u}) {
    size.stored();
    CHECK(size.of(500) == next);
  }
}

TEST_CASE("a failure that need not lie in the batch counts when it comes twice in a row",
          "[recorder]") {
  PartSize size;
  size.failed(500);
  CHECK(size.of(500) == 500);
  size.stored();
  size.failed(500);
  CHECK(size.of(500) == 500);
  size.failed(500);
  CHECK(size.of(500) == 250);
  // It grows by an eighth, so that what is too much is not met again by every second part.
  for (const std::size_t next : {281u, 316u, 355u}) {
    size.stored();
    CHECK(size.of(500) == next);
  }
}

TEST_CASE("a size that has shrunk to one comes back to all that there is", "[recorder]") {
  PartSize size;
  for (int i = 0; i < 40; ++i) size.failed(size.of(500));
  CHECK(size.of(500) == 1);
  int parts = 0;
  while (size.of(500) < 500) {
    size.stored();
    ++parts;
  }
  CHECK(parts < 60);
  for (int i = 0; i < 60; ++i) size.stored();
  CHECK(size.of(1'000'000) == 1'000'000);
}

}  // namespace stalewatch::recorder
