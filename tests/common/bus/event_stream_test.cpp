#include "common/bus/event_stream.hpp"

#include "tests/catch.hpp"
#include "tests/common/messages/random_messages.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace stalewatch {
namespace {

Event event(std::int64_t seq) { return Event{.seq = seq}; }

Replayed page(const std::string& journal, std::int64_t after, std::vector<std::int64_t> seqs,
              std::int64_t head, bool caught_up = true) {
  Replayed replayed{.journal = journal, .after = after, .oldest = 1, .head = head};
  for (const auto seq : seqs) replayed.events.push_back(event(seq));
  replayed.caught_up = caught_up;
  return replayed;
}

std::vector<std::int64_t> seqs(const std::vector<Event>& events) {
  std::vector<std::int64_t> result;
  for (const Event& e : events) result.push_back(e.seq);
  return result;
}

using Seqs = std::vector<std::int64_t>;

}  // namespace

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

namespace {

/// An aggregator with everything that may happen between it and a consumer, driven by one random
/// number generator.
struct World {
  struct Origin {
    std::string journal;
    std::int64_t shared = 0;
  };

  std::mt19937 random;
  int journal_number = 1;
  std::int64_t head = 0;
  std::int64_t oldest_copy = 0;    ///< a copy from before the fork has the other id
  std::int64_t head_at_start = 0;  ///< of the aggregator that runs
  bool forked = false;             ///< by this one
  std::map<std::string, Origin> origins;
  std::vector<Replayed> pages_on_the_way;
  std::optional<Cursor> stored;  ///< the consumer's, where the effect lives
  std::int64_t taken = 0;        ///< every number up to here, once, whatever the journal was called

  std::string journal() const { return "journal" + std::to_string(journal_number); }
  bool chance(int percent) { return static_cast<int>(random() % 100) < percent; }
  std::int64_t up_to(std::int64_t last) {
    return static_cast<std::int64_t>(random() % static_cast<unsigned>(last + 1));
  }

  /// Up to where two journals are the same.
  std::optional<std::int64_t> shared(const std::string& older, std::string newer) const {
    auto least = std::numeric_limits<std::int64_t>::max();
    for (auto origin = origins.find(newer); origin != origins.end(); origin = origins.find(newer)) {
      least = std::min(least, origin->second.shared);
      newer = origin->second.journal;
      if (newer == older) return least;
    }
    return std::nullopt;
  }

  Replayed answer(const Replay& ask) {
    Replayed replayed{
        .journal = journal(), .after = ask.after < 0 ? head : ask.after, .oldest = 1, .head = head};
    if (!ask.journal.empty() && ask.journal != journal()) {
      replayed.shared = shared(ask.journal, journal());
      return replayed;
    }
    const auto limit = std::min<std::int64_t>(ask.limit, 1 + static_cast<int>(random() % 7));
    for (auto seq = replayed.after + 1; seq <= head && seq <= replayed.after + limit; ++seq)
      replayed.events.push_back(event(seq));
    replayed.caught_up = replayed.after + limit >= head;
    return replayed;
  }

  void publish(EventSequence& sequence) {
    for (auto burst = 1 + random() % 4; burst > 0; --burst) {
      ++head;
      if (chance(70)) sequence.on_live(event(head));
      if (chance(10) && head > 1) sequence.on_live(event(1 + up_to(head - 1)));
    }
  }

  /// With the same journal, another one, or an older copy of it.
  void restart() {
    pages_on_the_way.clear();
    if (chance(20)) {
      ++journal_number;
      head = oldest_copy = 0;
    } else if (chance(30)) {
      head = oldest_copy + up_to(head - oldest_copy);
    }
    head_at_start = head;
    forked = false;
  }

  void fork(EventSequence& sequence) {
    const auto before = journal();
    ++journal_number;
    origins[journal()] = {before, head_at_start};
    oldest_copy = head;
    forked = true;
    if (chance(80)) sequence.on_beat({journal(), head, {}});
  }

  void arrive(EventSequence& sequence) {
    // Two journals in one life of the aggregator: pages come in the order in which they were sent.
    const auto which = forked ? 0 : up_to(static_cast<std::int64_t>(pages_on_the_way.size()) - 1);
    sequence.on_replayed(pages_on_the_way[static_cast<std::size_t>(which)]);
    pages_on_the_way.erase(pages_on_the_way.begin() + which);
  }

  void take(EventSequence& sequence) {
    const auto batch = sequence.take(1 + random() % 5);
    if (batch.cursor.journal.empty()) return;
    REQUIRE_FALSE(batch.gap);
    if (batch.previous_journal) {
      REQUIRE(*batch.previous_journal != batch.cursor.journal);
      taken = std::min(taken, shared(*batch.previous_journal, batch.cursor.journal).value_or(0));
    }
    for (const Event& e : batch.events) REQUIRE(e.seq == ++taken);
    stored = batch.cursor;
    REQUIRE(stored->seq == taken);
  }

  /// One thing that happens; the connection is a new one after a restart of either side.
  void step(EventSequence& sequence, bool disturbed) {
    if (disturbed && chance(2)) {
      pages_on_the_way.clear();
      sequence = EventSequence(stored, StartAt::oldest);
    } else if (disturbed && chance(2)) {
      restart();
      sequence.on_reconnect();
    } else if (disturbed && chance(2)) {
      sequence.on_reconnect();  // it seemed so: beats did not come
    } else if (!forked && (sequence.ahead_of_journal() || (disturbed && chance(2)))) {
      fork(sequence);
    } else if (disturbed && chance(40)) {
      publish(sequence);
    } else if (chance(20)) {
      sequence.on_beat({journal(), head, {}});
    } else if (chance(50)) {
      if (const auto ask = sequence.wanted_replay(); ask && !(disturbed && chance(20))) {
        pages_on_the_way.push_back(answer(*ask));
        if (disturbed && chance(10)) pages_on_the_way.push_back(answer(*ask));
      }
    } else if (!pages_on_the_way.empty()) {
      arrive(sequence);
    } else {
      if (chance(20)) sequence.replay_timed_out();
      take(sequence);
    }
  }
};

}  // namespace

TEST_CASE("whatever is lost, doubled, restarted or forked, every event is taken once and in order",
          "[event_stream]") {
  const auto first_seed = testing::random_seed();
  for (unsigned n = 0; n < 300; ++n) {
    const unsigned seed = first_seed + n;
    INFO("STALEWATCH_SEED=" << seed);
    World world{.random = std::mt19937(seed), .origins = {}, .pages_on_the_way = {}, .stored = {}};
    EventSequence sequence({}, StartAt::oldest);
    for (int i = 0; i < 1'500; ++i) world.step(sequence, true);
    for (int i = 0; i < 100'000 &&
                    !(sequence.caught_up() && world.stored == Cursor{world.journal(), world.head});
         ++i)
      world.step(sequence, false);
    REQUIRE(world.stored == Cursor{world.journal(), world.head});
  }
}

}  // namespace stalewatch
