#include "common/config/section_store.hpp"

#include "tests/catch.hpp"

#include <string>

namespace stalewatch {
namespace {

struct Chat {
  std::string channel = "ops";
  bool operator==(const Chat&) const = default;
};
struct File {
  int lines = 0;
  bool operator==(const File&) const = default;
};

TEST_CASE("values of a section are found by their type, and begin at their defaults", "[config]") {
  SectionStore store;
  CHECK(store.find<Chat>() == nullptr);
  CHECK(store.edit<Chat>().channel == "ops");
  store.edit<Chat>().channel = "dev";
  REQUIRE(store.find<Chat>() != nullptr);
  CHECK(store.find<Chat>()->channel == "dev");
  CHECK(store.find<File>() == nullptr);
}

TEST_CASE("stores are equal when they have the same sections with equal values", "[config]") {
  SectionStore a, b;
  a.edit<Chat>();
  CHECK_FALSE(a == b);
  b.edit<File>();
  CHECK_FALSE(a == b);
  a.edit<File>();
  b.edit<Chat>();
  CHECK(a == b);
  SectionStore copy = a;
  copy.edit<Chat>().channel = "dev";  // a copy of its own
  CHECK(a == b);
  CHECK_FALSE(copy == a);
}

}  // namespace
}  // namespace stalewatch
