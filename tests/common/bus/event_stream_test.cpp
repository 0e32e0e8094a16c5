// Events of one journal: live, replayed, missing, unreadable, too many.

#include "tests/catch.hpp"
#include "tests/common/bus/journal_pages.hpp"

#include <algorithm>
#include <limits>

namespace stalewatch {

TEST_CASE("a consumer without a cursor asks for the oldest or for the head", "[event_stream]") {
  CHECK(EventSequence({}, StartAt::oldest).wanted_replay() ==
        Replay{"", 0, EventSequence::page_limit});
  CHECK(EventSequence({}, StartAt::head).wanted_replay() ==
        Replay{"", -1, EventSequence::page_limit});
  CHECK(EventSequence(Cursor{"j", 7}, StartAt::head).wanted_replay() ==
        Replay{"j", 7, EventSequence::page_limit});
}

TEST_CASE("from the head there is nothing old, but a position to keep", "[event_stream]") {
  EventSequence sequence({}, StartAt::head);
  sequence.wanted_replay();
  CHECK_FALSE(sequence.has_something());
  sequence.on_live(event(41));
  sequence.on_live(event(42));
  sequence.on_replayed(page("j", 41, {}, 41));
  const auto first = sequence.take(10);
  CHECK(first.cursor == Cursor{"j", 42});
  CHECK(seqs(first.events) == Seqs{42});
  CHECK(sequence.caught_up());
}

TEST_CASE("live events count only once a page has confirmed the journal", "[event_stream]") {
  EventSequence sequence(Cursor{"j", 3}, StartAt::oldest);
  sequence.on_live(event(4));
  CHECK_FALSE(sequence.has_something());
  sequence.wanted_replay();
  SECTION("the same") {
    sequence.on_replayed(page("j", 3, {}, 3));
    CHECK(seqs(sequence.take(10).events) == Seqs{4});
  }
  SECTION("another: begin at its oldest, and say so") {
    sequence.on_replayed(page("k", 3, {}, 4));
    CHECK(sequence.wanted_replay() == Replay{"k", 0, EventSequence::page_limit});
    sequence.on_replayed(page("k", 0, {1, 2, 3, 4}, 4));
    const auto batch = sequence.take(10);
    CHECK(batch.previous_journal == "j");
    CHECK(batch.cursor == Cursor{"k", 4});
    CHECK(seqs(batch.events) == Seqs{1, 2, 3, 4});
  }
}

TEST_CASE("holes between live events are filled by replay", "[event_stream]") {
  EventSequence sequence({}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 0, {1}, 1));
  CHECK_FALSE(sequence.wanted_replay());
  sequence.on_live(event(4));
  sequence.on_live(event(4));
  CHECK(seqs(sequence.take(10).events) == Seqs{1});
  CHECK_FALSE(sequence.caught_up());
  REQUIRE(sequence.wanted_replay() == Replay{"j", 1, EventSequence::page_limit});
  CHECK_FALSE(sequence.wanted_replay());  // one at a time
  sequence.on_replayed(page("j", 1, {2, 3}, 3));
  CHECK(seqs(sequence.take(2).events) == Seqs{2, 3});
  CHECK(seqs(sequence.take(2).events) == Seqs{4});
  CHECK(sequence.caught_up());
}

TEST_CASE("a beat shows a lost tail; an answer that does not come is asked for again",
          "[event_stream]") {
  EventSequence sequence(Cursor{"j", 5}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 5, {}, 5));
  sequence.on_beat({"j", 7, {}});
  CHECK(sequence.head() == 7);
  REQUIRE(sequence.wanted_replay());
  sequence.replay_timed_out();
  REQUIRE(sequence.wanted_replay() == Replay{"j", 5, EventSequence::page_limit});
  sequence.on_replayed(page("j", 3, {4, 5}, 7, false));  // the answer to something else
  CHECK_FALSE(sequence.has_something());
  sequence.on_replayed(page("j", 5, {6, 7}, 7));
  CHECK(seqs(sequence.take(10).events) == Seqs{6, 7});
}

TEST_CASE("a page without progress is not asked for again before the next beat", "[event_stream]") {
  EventSequence sequence(Cursor{"j", 5}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 5, {}, 9, false));
  CHECK_FALSE(sequence.wanted_replay());
  sequence.on_beat({"j", 9, {}});
  CHECK(sequence.wanted_replay());
}

TEST_CASE("what the journal no longer holds is told exactly, before the events that follow",
          "[event_stream]") {
  EventSequence sequence(Cursor{"j", 5}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 5, {6, 10, 11}, 13));
  auto batch = sequence.take(10);
  CHECK(seqs(batch.events) == Seqs{6});
  CHECK_FALSE(batch.gap);
  batch = sequence.take(10);
  CHECK(batch.gap == EventGap{7, 9});
  CHECK(seqs(batch.events) == Seqs{10, 11});
  batch = sequence.take(10);
  CHECK(batch.gap == EventGap{12, 13});
  CHECK(batch.events.empty());
  CHECK(batch.cursor == Cursor{"j", 13});
  CHECK(sequence.caught_up());
}

TEST_CASE("events that cannot be understood are passed and told as missing, once",
          "[event_stream][bad element]") {
  EventSequence sequence(Cursor{"j", 5}, StartAt::oldest);
  sequence.wanted_replay();
  const auto with_bad = [](std::int64_t after, std::vector<std::int64_t> numbers,
                           std::vector<std::int64_t> bad, std::int64_t head, bool all) {
    auto answer = page("j", after, std::move(numbers), head, all);
    for (auto& e : answer.events)
      e.unreadable = std::find(bad.begin(), bad.end(), e.seq) != bad.end();
    return answer;
  };
  SECTION("in the middle of good ones") {
    sequence.on_replayed(with_bad(5, {6, 7, 8, 9}, {7, 8}, 9, true));
    CHECK(seqs(sequence.take(10).events) == Seqs{6});
    const auto batch = sequence.take(10);
    CHECK(batch.gap == EventGap{7, 8, true});
    CHECK(seqs(batch.events) == Seqs{9});
    CHECK(batch.cursor == Cursor{"j", 9});
    CHECK(sequence.caught_up());
  }
  SECTION("a whole page of them does not stop what follows") {
    sequence.on_replayed(with_bad(5, {6, 7}, {6, 7}, 9, false));
    CHECK(sequence.wanted_replay() == Replay{"j", 7, EventSequence::page_limit});
    sequence.on_replayed(with_bad(7, {8, 9}, {8}, 9, true));
    const auto batch = sequence.take(10);
    CHECK(batch.gap == EventGap{6, 8, true});
    CHECK(seqs(batch.events) == Seqs{9});
  }
  SECTION("after some were taken it is told anew") {
    sequence.on_replayed(with_bad(5, {6}, {6}, 7, false));
    CHECK(sequence.take(10).gap == EventGap{6, 6, true});
    sequence.wanted_replay();
    sequence.on_replayed(with_bad(6, {7}, {7}, 7, true));
    CHECK(sequence.take(10).gap == EventGap{7, 7, true});
    CHECK(sequence.caught_up());
  }
  SECTION("a number beyond the head is not believed") {
    sequence.on_replayed(page("j", 5, {6, 1'000'000, 7}, 7));
    CHECK(seqs(sequence.take(10).events) == Seqs{6, 7});
  }
}

TEST_CASE("a live event under a number that is none is not waited for", "[event_stream]") {
  EventSequence sequence(Cursor{"j", 5}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 5, {}, 5));
  sequence.on_live(event(1'000'000));
  REQUIRE(sequence.wanted_replay());
  sequence.on_replayed(page("j", 5, {}, 5));
  CHECK_FALSE(sequence.wanted_replay());  // a page has just said that there is nothing
  sequence.on_live(event(6));
  CHECK(seqs(sequence.take(10).events) == Seqs{6});
  sequence.on_beat({"j", 6, {}});
  CHECK(sequence.caught_up());
  CHECK_FALSE(sequence.wanted_replay());
  sequence.on_beat({"j", 1'000'000, {}});  // and is forgotten before that many are there
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 6, {}, 1'000'000));
  CHECK(sequence.take(10).gap == EventGap{7, 1'000'000});
}

TEST_CASE("numbers end where they end", "[event_stream]") {
  constexpr auto last = std::numeric_limits<std::int64_t>::max();
  EventSequence sequence(Cursor{"j", last - 3}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_live(event(last));
  sequence.on_replayed(page("j", last - 3, {last - 2}, last - 1));
  CHECK(seqs(sequence.take(10).events) == Seqs{last - 2});
  const auto rest = sequence.take(10);
  CHECK(rest.gap == EventGap{last - 1, last - 1});
  CHECK(seqs(rest.events) == Seqs{last});
  sequence.on_live(event(last));
  CHECK(sequence.caught_up());
  EventSequence another(Cursor{"j", 0}, StartAt::oldest);
  another.wanted_replay();
  another.on_replayed(page("j", 0, {}, last));
  CHECK(another.take(10).gap == EventGap{1, last});
}

TEST_CASE("a consumer that begins misses nothing that was gone before", "[event_stream]") {
  EventSequence sequence({}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 0, {6, 10}, 12));
  auto batch = sequence.take(10);
  CHECK_FALSE(batch.gap);
  CHECK(seqs(batch.events) == Seqs{6, 10});
  batch = sequence.take(10);
  CHECK_FALSE(batch.gap);
  CHECK(batch.cursor == Cursor{"j", 12});
}

TEST_CASE("the buffer has an end: the rest is replayed when there is room", "[event_stream]") {
  EventSequence sequence(Cursor{"j", 0}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 0, {}, 0));
  const auto all = static_cast<std::int64_t>(EventSequence::buffer_limit) + 100;
  for (std::int64_t seq = 1; seq <= all; ++seq) sequence.on_live(event(seq));
  CHECK_FALSE(sequence.wanted_replay());
  std::size_t taken = 0;
  while (taken < EventSequence::buffer_limit) {
    const auto batch = sequence.take(1'000);
    REQUIRE_FALSE(batch.events.empty());
    taken += batch.events.size();
  }
  CHECK(taken == EventSequence::buffer_limit);
  CHECK(sequence.wanted_replay() == Replay{"j", all - 100, EventSequence::page_limit});
}

TEST_CASE("any number of live events behind a hole leaves room for the page that fills it",
          "[event_stream]") {
  EventSequence sequence(Cursor{"j", 0}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 0, {}, 0));
  const auto all = 2 * static_cast<std::int64_t>(EventSequence::buffer_limit);
  for (std::int64_t seq = 2; seq <= all; ++seq) sequence.on_live(event(seq));
  CHECK(sequence.wanted_replay() == Replay{"j", 0, EventSequence::page_limit});
  sequence.on_replayed(page("j", 0, {1}, all, false));
  CHECK(sequence.take(EventSequence::buffer_limit).events.size() == EventSequence::ahead_limit + 1);
}

}  // namespace stalewatch
