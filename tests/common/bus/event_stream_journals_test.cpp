// More than one journal: another one, an older copy, a fork.

#include "tests/catch.hpp"
#include "tests/common/bus/journal_pages.hpp"

#include <algorithm>

namespace stalewatch {

TEST_CASE("a cursor ahead of its journal waits for another journal", "[event_stream]") {
  EventSequence sequence(Cursor{"j", 9}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 9, {}, 4));
  CHECK(sequence.ahead_of_journal());
  sequence.on_live(event(10));
  sequence.on_beat({"j", 12, {}});
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 9, {10, 11, 12}, 12));
  CHECK_FALSE(sequence.has_something());
  sequence.on_beat({"k", 12, {}});
  CHECK_FALSE(sequence.ahead_of_journal());
  CHECK(sequence.wanted_replay() == Replay{"j", 9, EventSequence::page_limit});
  sequence.on_replayed(page("k", 9, {}, 12));
  CHECK(sequence.wanted_replay() == Replay{"k", 0, EventSequence::page_limit});
  CHECK(sequence.take(1).previous_journal == "j");
}

TEST_CASE("another journal comes after what was received of the old one", "[event_stream]") {
  EventSequence sequence(Cursor{"j", 0}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_replayed(page("j", 0, {1, 2}, 2));
  sequence.on_beat({"k", 1, {}});
  sequence.wanted_replay();
  sequence.on_beat({"j", 9, {}});  // late word of the old one
  sequence.on_replayed(page("j", 0, {}, 9));
  sequence.on_beat({"k", 1, {}});
  sequence.wanted_replay();
  sequence.on_replayed(page("k", 2, {}, 1));
  sequence.wanted_replay();
  sequence.on_replayed(page("k", 0, {1}, 1));
  auto batch = sequence.take(10);
  CHECK(batch.cursor == Cursor{"j", 2});
  CHECK_FALSE(batch.previous_journal);
  batch = sequence.take(10);
  CHECK(batch.cursor == Cursor{"k", 1});
  CHECK(batch.previous_journal == "j");
}

TEST_CASE("in a fork of the journal what both have is not taken twice", "[event_stream]") {
  const std::int64_t cursor = GENERATE(4, 9);  // before the fork, and in the branch that is gone
  EventSequence sequence(Cursor{"j", cursor}, StartAt::oldest);
  sequence.wanted_replay();
  auto answer = page("k", cursor, {}, 8);
  answer.shared = 6;
  sequence.on_replayed(answer);
  const auto after = std::min<std::int64_t>(cursor, 6);
  CHECK(sequence.wanted_replay() == Replay{"k", after, EventSequence::page_limit});
  CHECK(sequence.take(10).cursor == Cursor{"k", after});
  sequence.on_replayed(page("k", after, after == 4 ? Seqs{5, 6, 7, 8} : Seqs{7, 8}, 8));
  const auto batch = sequence.take(10);
  CHECK_FALSE(batch.gap);
  REQUIRE_FALSE(batch.events.empty());
  CHECK(batch.events.front().seq == after + 1);
}

TEST_CASE("a page from before a fork counts no more once a beat has named the new journal",
          "[event_stream]") {
  EventSequence sequence(Cursor{"j", 4}, StartAt::oldest);
  sequence.wanted_replay();
  sequence.on_beat({"k", 6, {}});
  sequence.on_replayed(page("j", 4, {5, 6}, 6));
  sequence.on_live(event(7));
  CHECK_FALSE(sequence.has_something());
  CHECK(sequence.wanted_replay() == Replay{"j", 4, EventSequence::page_limit});
}

}  // namespace stalewatch
