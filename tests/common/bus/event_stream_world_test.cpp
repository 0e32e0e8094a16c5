// All of it at random, against an aggregator that keeps the promises of the protocol.

#include "tests/catch.hpp"
#include "tests/common/bus/journal_pages.hpp"
#include "tests/common/messages/random_messages.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace stalewatch {

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

TEST_CASE("whatever an aggregator says, a consumer takes no number of a journal twice",
          "[event_stream]") {
  const auto first_seed = testing::random_seed();
  for (unsigned n = 0; n < 300; ++n) {
    INFO("STALEWATCH_SEED=" << first_seed + n);
    std::mt19937_64 random(first_seed + n);
    const auto up_to = [&](std::uint64_t last) {
      return static_cast<std::int64_t>(random() % (last + 1));
    };
    Cursor at;
    if (up_to(2) > 0) at = {"j0", up_to(5)};
    EventSequence sequence(at, up_to(1) == 0 ? StartAt::oldest : StartAt::head);
    std::int64_t asked = 0;
    // Mostly one near where the consumer is, now and then any.
    const auto number = [&] {
      return up_to(30) == 0 ? static_cast<std::int64_t>(random()) : at.seq + up_to(9) - 3;
    };
    for (int i = 0; i < 500; ++i) {
      const auto journal = "j" + std::to_string(up_to(2));
      const auto what = up_to(9);
      if (what < 2) {
        sequence.on_live(event(number()));
      } else if (what < 4) {
        sequence.on_beat({journal, number(), {}});
      } else if (what < 6) {
        auto answer = page(journal, asked, {number(), number(), number()}, number(), up_to(1) == 0);
        if (up_to(4) == 0) answer.shared = number();
        sequence.on_replayed(std::move(answer));
      } else if (what < 8) {
        if (const auto replay = sequence.wanted_replay()) asked = replay->after;
      } else if (up_to(9) == 0) {
        sequence.on_reconnect();
      } else {
        const auto batch = sequence.take(2);
        if (batch.cursor.journal == at.journal)
          for (const Event& e : batch.events) REQUIRE(e.seq > std::exchange(at.seq, e.seq));
        at = batch.cursor;
      }
    }
  }
}

}  // namespace stalewatch
