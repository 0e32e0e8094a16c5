#include "aggregator/target/axes.hpp"

#include "common/messages/names.hpp"
#include "tests/catch.hpp"

#include <set>

namespace stalewatch::aggregator {
namespace {

/// Which members of a state are problems, open or owed.
struct Problems {
  std::size_t open = 0;
  std::size_t owed = 0;
};

Problems problems_of(const StoredState& stored) {
  Problems found;
  for_each_field(stored, [&](const char*, const auto& member) {
    using Member = std::decay_t<decltype(member)>;
    found.open += std::is_same_v<Member, Problem>;
    found.owed += std::is_same_v<Member, std::optional<Problem>>;
  });
  return found;
}

}  // namespace

TEST_CASE("each problem that is stored is on one axis of the table", "[axes]") {
  std::set<const void*> problems, owed;
  std::set<Kind> kinds;
  const StoredState stored;
  for (const Axis& axis : axes) {
    INFO(axis.name);
    CHECK(problems.insert(&(stored.*axis.problem)).second);
    if (axis.owed) CHECK(owed.insert(&(stored.*axis.owed)).second);
    CHECK(opening_of(axis.closes) == axis.opens);
    if (axis.reminds) CHECK(opening_of(*axis.reminds) == axis.opens);
    CHECK(kinds.insert(axis.opens).second);
    // What is inhibited and was announced has a closing that is kept for later.
    CHECK((axis.owed != nullptr || axis.inhibited_by.size() <= 1));
  }
  CHECK(problems.size() == problems_of(stored).open);
  CHECK(owed.size() == problems_of(stored).owed);
}

TEST_CASE("a worse problem inhibits those that it explains", "[axes]") {
  const auto inhibited = [](const StoredState& stored, bool nobody) {
    std::string names;
    for (const Axis& axis : axes)
      if (is_inhibited(axis, stored, {.nobody = nobody})) names += std::string(axis.name) + " ";
    return names;
  };
  StoredState failing, silent, stale;
  failing.server.episode = silent.watch.episode = stale.data.episode = stale.clock.episode = 1;
  CHECK(inhibited({}, false).empty());
  CHECK(inhibited({}, true) == "watch server data ");
  CHECK(inhibited(silent, false) == "server data ");
  CHECK(inhibited(failing, false) == "data ");
  CHECK(inhibited(stale, false).empty());
}

}  // namespace stalewatch::aggregator
