#include "cli/event_filter.hpp"

#include "common/messages/names.hpp"
#include "notifier/render.hpp"
#include "tests/catch.hpp"

namespace stalewatch::cli {
namespace {

EventFilter filter(EventSelection selection) {
  auto made = EventFilter::from(selection);
  REQUIRE(made);
  return *std::move(made);
}

std::string refusal(const std::string& kind) {
  const auto made = EventFilter::from({{}, {"stale", kind}});
  REQUIRE_FALSE(made);
  return made.error();
}

const Event stale{.kind = Kind::stale, .target = "prod", .name = "PROD"};
const Event failing{.kind = Kind::failing, .target = "eu-1", .name = "EU-1"};
const Event joined{.kind = Kind::prober_joined, .name = "prober-1"};

TEST_CASE("without names and kinds every event is wanted, one of a newer version too", "[cli]") {
  CHECK(filter({}).wants_all());
  CHECK(filter({}).wants(stale));
  CHECK(filter({}).wants(joined));
  CHECK(filter({}).wants({.kind = EventKind::unknown("certificate_expires"), .target = "prod"}));
}

TEST_CASE("a name is a key or what people say, and of a system event who is meant", "[cli]") {
  CHECK(filter({{"prod"}, {}}).wants(stale));
  CHECK(filter({{"PROD"}, {}}).wants(stale));
  CHECK_FALSE(filter({{"PRO"}, {}}).wants(stale));
  CHECK_FALSE(filter({{"PROD"}, {}}).wants(joined));
  CHECK(filter({{"prober-1"}, {}}).wants(joined));
  const auto either = filter({{"PROD", "EU-1"}, {}});
  CHECK(either.wants(stale));
  CHECK(either.wants(failing));
  CHECK_FALSE(either.wants(joined));
}

TEST_CASE("several kinds are either, and both name and kind have to be right", "[cli]") {
  const auto either = filter({{}, {"stale", "failing"}});
  CHECK(either.wants(stale));
  CHECK(either.wants(failing));
  CHECK_FALSE(either.wants(joined));
  const auto both = filter({{"PROD"}, {"failing"}});
  CHECK_FALSE(both.wants(stale));
  CHECK_FALSE(both.wants(failing));
  CHECK_FALSE(filter({{}, {"stale"}}).wants({.kind = Kind::still_stale}));
}

TEST_CASE("every kind of the journal is found by its name and by the terminal's word", "[cli]") {
  for (auto i = 0; i < static_cast<int>(Kind::gap); ++i) {
    const auto kind = static_cast<Kind>(i);
    CAPTURE(name_of(kind));
    for (const auto spelling : {name_of(kind), notifier::word_of(kind)}) {
      const auto only = filter({{}, {std::string(spelling)}});
      CHECK(only.wants({.kind = kind}));
      CHECK(only.for_people() == "of kind " + std::string(name_of(kind)));
    }
  }
  CHECK(filter({{}, {"Still-Stale"}}).wants({.kind = Kind::still_stale}));
}

TEST_CASE("a kind that does not exist is named with what was perhaps meant", "[cli]") {
  CHECK(refusal("fresh_agian") == R"(--kind: no kind "fresh_agian"; did you mean "fresh_again"?)");
  CHECK(refusal("a kind").starts_with(R"(--kind: no kind "a kind"; there are updated, went_back)"));
  CHECK(refusal("a kind").ends_with(", watching"));  // what consumers write is in no journal
  CHECK(refusal("gap").starts_with(R"(--kind: no kind "gap"; there are )"));
  CHECK(refusal("").starts_with(R"(--kind: no kind ""; there are )"));
  CHECK(refusal("x\x1b" + std::string(5'000, 'y')).starts_with(R"(--kind: no kind "x\x1by)"));
  CHECK(refusal(std::string(5'000, 'y')).size() < 1'000);
}

TEST_CASE("a kind that only a newer version knows is asked for by its name, with a hint", "[cli]") {
  const auto newer = filter({{}, {"certificate_expires", "stale"}});
  CHECK(newer.wants({.kind = EventKind::unknown("certificate_expires")}));
  CHECK(newer.wants(stale));
  CHECK_FALSE(newer.wants({.kind = EventKind::unknown("quota_exceeded")}));
  CHECK_FALSE(newer.wants(failing));
  CHECK(newer.hint().starts_with(
      R"(--kind: this version has no kind "certificate_expires", and shows what a newer one has)"));
  CHECK(newer.for_people() == "of kind certificate_expires or stale");
  CHECK(filter({{}, {"stale"}}).hint().empty());
  CHECK(refusal("unknown").starts_with(R"(--kind: no kind "unknown"; )"));
}

TEST_CASE("an empty name asks for nothing that there is", "[cli]") {
  const auto made = EventFilter::from({{"PROD", ""}, {}});
  REQUIRE_FALSE(made);
  CHECK(made.error() == "a name is empty; leave it out for the events of all");
}

TEST_CASE("what is asked for is said in a sentence", "[cli]") {
  CHECK(filter({{"PROD", "E\n"}, {"stale", "failing"}}).for_people() ==
        R"(of "PROD" or "E\n" of kind stale or failing)");
}

}  // namespace
}  // namespace stalewatch::cli
