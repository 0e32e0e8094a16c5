#include "notifier/problem_pages.hpp"

#include "make_event.hpp"
#include "tests/catch.hpp"

namespace stalewatch::notifier {
namespace {

using Took = ProblemPages::Took;
using Seqs = std::vector<std::int64_t>;

Reply page(const Seqs& seqs, std::int64_t head, std::optional<std::string> next) {
  Reply reply{.ok = true, .journal = "j", .head = head, .next = std::move(next)};
  for (const auto seq : seqs) reply.problems.push_back(make_event(Kind::stale, seq, seq, ten));
  return reply;
}

Seqs seqs_of(const OpenProblems& open) {
  Seqs seqs;
  for (const auto& problem : open.problems) seqs.push_back(problem.seq);
  return seqs;
}

TEST_CASE("pages become one list, as of the first one's head", "[notifier]") {
  ProblemPages pages;
  CHECK(pages.arguments().empty());
  CHECK(pages.take(page({3, 5}, 10, "a"), "boot") == Took::more);
  CHECK(pages.arguments() == std::vector<std::string>{"a"});
  // What opened since, 11, comes as an event; so does the closing of what would have been 7.
  CHECK(pages.take(page({11, 8}, 12, "b"), "boot") == Took::more);
  CHECK(pages.arguments() == std::vector<std::string>{"b"});
  CHECK(pages.take(page({9}, 15, std::nullopt), "boot") == Took::whole);
  const auto open = pages.take_whole();
  CHECK(open.at == Cursor{"j", 10});
  CHECK(open.complete);
  CHECK(seqs_of(open) == Seqs{3, 5, 8, 9});
  CHECK(pages.arguments().empty());
  CHECK(pages.take(page({}, 20, std::nullopt), "boot") == Took::whole);
  CHECK(pages.take_whole().at == Cursor{"j", 20});
}

TEST_CASE("a list of which a part is not understood goes on, and is not complete", "[notifier]") {
  ProblemPages pages;
  CHECK(pages.take(page({3}, 10, "a"), "boot", false) == Took::more);
  CHECK(pages.take(page({5}, 10, std::nullopt), "boot") == Took::whole);
  const auto open = pages.take_whole();
  CHECK(seqs_of(open) == Seqs{3, 5});
  CHECK_FALSE(open.complete);
  CHECK(pages.take(page({3}, 10, std::nullopt), "boot") == Took::whole);
  CHECK(pages.take_whole().complete);
}

TEST_CASE("an aggregator that knows nothing of pages answers with one", "[notifier]") {
  ProblemPages pages;
  CHECK(pages.take(page({3, 11}, 10, std::nullopt), "boot") == Took::whole);
  CHECK(seqs_of(pages.take_whole()) == Seqs{3});
}

TEST_CASE("pages of two aggregators, journals or copies are no list", "[notifier]") {
  auto other = page({5}, 12, std::nullopt);
  std::string boot = "boot";
  SECTION("another aggregator") { boot = "another"; }
  SECTION("another journal") { other.journal = "k"; }
  SECTION("an older copy of the journal") { other.head = 9; }
  ProblemPages pages;
  CHECK(pages.take(page({3}, 10, "a"), "boot") == Took::more);
  CHECK(pages.take(other, boot) == Took::other_list);
  CHECK(pages.arguments().empty());
  CHECK(pages.take(page({3, 5}, 12, std::nullopt), "another") == Took::whole);
  CHECK(seqs_of(pages.take_whole()) == Seqs{3, 5});
}

TEST_CASE("what an aggregator never comes to an end with is bounded, and told to be cut",
          "[notifier]") {
  SECTION("by the number of problems") {
    const Seqs many(ProblemPages::max_problems / 2 + 1, 5);
    ProblemPages pages;
    CHECK(pages.take(page(many, 10, "a"), "boot") == Took::more);
    CHECK(pages.take(page(many, 10, "b"), "boot") == Took::whole);
    const auto open = pages.take_whole();
    CHECK_FALSE(open.complete);
    CHECK(open.problems.size() == ProblemPages::max_problems);
  }
  SECTION("by the number of pages") {
    ProblemPages pages;
    std::size_t count = 1;
    while (pages.take(page({}, 10, "a"), "boot") == Took::more) ++count;
    CHECK(count == ProblemPages::max_pages);
    CHECK_FALSE(pages.take_whole().complete);
  }
  SECTION("exactly as many as can be kept are all") {
    ProblemPages pages;
    const Seqs most(ProblemPages::max_problems, 5);
    CHECK(pages.take(page(most, 10, std::nullopt), "boot") == Took::whole);
    CHECK(pages.take_whole().complete);
  }
}

}  // namespace
}  // namespace stalewatch::notifier
