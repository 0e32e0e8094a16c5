// News that come late, twice, or not at all: a prober's ring seen from the aggregator.

#include "tests/aggregator/prober_bench.hpp"

#include <limits>

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

struct Post : ProberBench {
  explicit Post(Restored restored = {}, Instant start = t0)
      : ProberBench({server()}, std::move(restored), start) {}

  /// A sample of `at` that arrives `now`.
  void news(const std::string& who, std::uint64_t seq, Instant at, Instant computed, Instant now) {
    const Sample sample{.target = 1,
                        .news_seq = seq,
                        .probed_at = at,
                        .since = at,
                        .http_status = 200,
                        .computed_at = computed};
    observe(who, {sample}, now);
  }
  void unchanged(const std::string& who, Instant at, Instant computed, Instant now) {
    news(who, 0, at, computed, now);
  }
  void fails(const std::string& who, std::uint64_t seq, Instant at, Instant now) {
    const Sample sample{.target = 1,
                        .news_seq = seq,
                        .probed_at = at,
                        .outcome = Outcome::connect,
                        .streak = 2,
                        .since = at};
    observe(who, {sample}, now);
  }

  Restored journal() const {
    return {.targets = targets, .probers = probers, .next_id = 2, .next_seq = core.next_seq()};
  }
  std::optional<std::uint64_t> asked() {
    std::optional<std::uint64_t> from;
    for (const auto& ack : core.take_acks())
      if (ack.resend_from) from = ack.resend_from;
    return from;
  }
};

/// A post that has seen two computed times, the second at 60 s.
struct Settled : Post {
  Settled() {
    join("a", t0);
    news("a", 1, t0, t0 - 10s, t0);
    news("a", 2, t0 + 60s, t0 + 50s, t0 + 60s);
    lease("a", t0 + 61s, 2);
    CHECK(take() == Said{"updated @60"});
    (void)asked();
  }
};

}  // namespace

TEST_CASE("news that come twice are taken once", "[news]") {
  Settled post;
  post.news("a", 1, t0, t0 - 10s, t0 + 62s);
  post.news("a", 2, t0 + 60s, t0 + 50s, t0 + 62s);
  CHECK(post.take() == Said{});
  CHECK(post.core.probers().streams().repeated() == 2);
}

TEST_CASE("a hole: nothing behind it is taken before it is filled, which is asked for at once",
          "[news]") {
  Settled post;
  post.news("a", 4, t0 + 63s, t0 + 62s, t0 + 63s);
  CHECK(post.take() == Said{});
  CHECK(post.asked() == 3u);
  post.news("a", 5, t0 + 63s, t0 + 63s, t0 + 63s);
  CHECK_FALSE(post.asked());  // not once per sample
  post.news("a", 3, t0 + 62s, t0 + 61s, t0 + 64s);
  post.news("a", 4, t0 + 63s, t0 + 62s, t0 + 64s);
  CHECK(post.take() == Said{"updated @62", "updated @63"});
}

TEST_CASE("a lost batch shows in the next, and a lost tail in a lease", "[news]") {
  Settled post;
  SECTION("batch") {
    const Sample plain{.target = 1, .probed_at = t0 + 63s, .since = t0, .computed_at = t0 + 62s};
    post.core.apply(input::Samples{"p-a", "a", {plain}, 3}, t0 + 63s);
    post.collect();
    CHECK(post.take() == Said{});
    CHECK(post.asked() == 3u);
  }
  SECTION("tail") {
    post.lease("a", t0 + 62s, 3);
    CHECK_FALSE(post.asked());  // it may be under way
    post.lease("a", t0 + 63s, 3);
    CHECK(post.asked() == 3u);
    post.lease("a", t0 + 64s, 3);
    CHECK(post.asked() == 3u);
    post.lease("a", t0 + 65s, 3);
    CHECK_FALSE(post.asked());  // less and less often
  }
}

TEST_CASE("what the ring had to drop is told with its window, and the rest goes on", "[news]") {
  Settled post;
  Lease dropped;
  dropped.dropped = 3;
  dropped.dropped_from = t0 + 70s;
  dropped.dropped_to = t0 + 90s;
  post.lease("a", t0 + 100s, 9, 6, dropped);
  CHECK(post.take() == Said{"samples_lost @90 chat"});
  const Event& event = post.all.back();
  CHECK(event.since == t0 + 70s);
  CHECK(event.count == 3);
  CHECK(event.prober == "p-a");
  CHECK(event.name == "p-a");
  post.lease("a", t0 + 101s, 9, 6, dropped);
  CHECK(post.take() == Said{});
  post.news("a", 6, t0 + 95s, t0 + 94s, t0 + 102s);
  CHECK(post.take() == Said{"updated @95"});
}

TEST_CASE("a prober that is lost, or ends with news that never came", "[news]") {
  Settled post;
  SECTION("without goodbye: from when all was known until now") {
    post.until(t0 + 66s);
    CHECK(post.take() == Said{"prober_lost @66", "samples_lost @66"});
    CHECK(post.all.back().since == t0 + 61s);
    CHECK_FALSE(post.all.back().count);
  }
  SECTION("from what was seen of its last news, not from when they came") {
    post.news("a", 3, t0 + 62s, t0 + 61s, t0 + 64s);
    post.until(t0 + 66s);
    CHECK(post.take() == Said{"updated @62", "prober_lost @66", "samples_lost @66"});
    CHECK(post.all.back().since == t0 + 62s);
  }
  SECTION("its leases showed more: counted, and chat hears") {
    post.lease("a", t0 + 62s, 4);
    post.until(t0 + 67s);
    CHECK(post.take() == Said{"prober_lost @67", "samples_lost @67 chat"});
    CHECK(post.all.back().count == 2);
    CHECK(post.all.back().since == t0 + 61s);
  }
  SECTION("goodbye, all is there") {
    post.core.apply(input::Goodbye{{"a", 2}}, t0 + 62s);
    post.until(t0 + 70s);
    CHECK(post.take() == Said{"prober_left @62"});
    CHECK(post.probers.empty());
  }
  SECTION("goodbye, and the last news come a little later") {
    post.core.apply(input::Goodbye{{"a", 3}}, t0 + 62s);
    post.news("a", 3, t0 + 62s, t0 + 61s, t0 + 62s + 500ms);
    post.until(t0 + 70s);
    CHECK(post.take() == Said{"prober_left @62", "updated @62"});
  }
  SECTION("goodbye, and they never come") {
    post.core.apply(input::Goodbye{{"a", 4}}, t0 + 62s);
    post.until(t0 + 70s);
    CHECK(post.take() == Said{"prober_left @62", "samples_lost @65 chat"});
    CHECK(post.all.back().count == 2);
    CHECK(post.probers.empty());
  }
}

TEST_CASE("after a restart the ring goes on where the journal ends", "[news]") {
  const Settled before;
  Post after(before.journal(), t0 + 10min);
  after.news("a", 3, t0 + 120s, t0 + 110s, t0 + 10min);  // before its clock is known
  CHECK(after.take() == Said{});
  after.join("a", t0 + 10min + 1s, 4);
  CHECK(after.asked() == 3u);
  after.news("a", 2, t0 + 60s, t0 + 50s, t0 + 10min + 2s);
  after.news("a", 3, t0 + 120s, t0 + 110s, t0 + 10min + 2s);
  after.news("a", 4, t0 + 180s, t0 + 170s, t0 + 10min + 2s);
  CHECK(after.take() == Said{"updated @120 late", "updated @180 late"});
  CHECK(after.all.back().observed_at == t0 + 180s);
  CHECK(after.all.back().previous_computed_at == t0 + 110s);
  CHECK(after.all.back().lag == Duration(10s));
}

TEST_CASE("after a standstill, what waited in the queues settles nothing before all of it is taken",
          "[news]") {
  Settled post;
  const Instant back = t0 + 957s;  // the data would be stale at 950 s
  post.core.apply(input::Resume{}, back);
  post.unchanged("a", t0 + 948s, t0 + 50s, back);
  Lease queued{
      .instance = "a", .last_news_seq = 2, .sent_at = t0 + 948s, .clock_offset = Duration(0)};
  queued.oldest_news_seq = 3;
  post.core.apply(input::Lease{queued, "peer"}, back);
  post.until(back);
  CHECK(post.take() == Said{});
  SECTION("they were renewed meanwhile") {
    post.news("a", 3, t0 + 949s, t0 + 948s, back);
    post.lease("a", back + 1s, 3);
    post.until(back + 2s);
    CHECK(post.take() == Said{"updated @949"});
  }
  SECTION("they are stale") {
    post.lease("a", back + 1s, 2);
    post.until(back + 2s);
    CHECK(post.take() == Said{"stale @950+1us e3 chat"});
  }
  SECTION("it failed and answers again: told as past") {
    post.fails("a", 3, t0 + 949s, back);
    post.news("a", 4, t0 + 956s, t0 + 955s, back);
    post.lease("a", back + 1s, 4);
    post.until(back + 2s);
    for (const auto& event : post.all) CHECK_FALSE((event.notify && event.kind != Kind::updated));
  }
}

TEST_CASE("late news: deadlines run in between, as of then", "[news]") {
  const Settled before;  // stale at 50 s + 15 min
  Post after(before.journal(), t0 + 60min);
  after.join("a", t0 + 60min, 4);
  const Instant now = t0 + 60min + 1s;
  SECTION("renewed in time: no cry, though the ring comes in pieces") {
    after.news("a", 3, t0 + 14min, t0 + 14min, now);
    after.until(now);
    after.news("a", 4, t0 + 28min, t0 + 28min, now);
    after.until(now);
    CHECK(after.take() == Said{"updated @840 late", "updated @1680 late"});
    // Nothing newer is known: stale since 43 min, announced once.
    after.lease("a", now, 4);
    after.until(now);
    CHECK(after.take() == Said{"stale @2580+1us e5 chat"});
  }
  SECTION("an episode that began and ended meanwhile is told late, not in chat") {
    after.news("a", 3, t0 + 20min, t0 + 20min, now);
    after.news("a", 4, t0 + 50min, t0 + 50min, now);
    after.lease("a", now, 4);
    after.until(now);
    CHECK(after.take() == Said{"stale @950+1us e3 late", "updated @1200 late",
                               "fresh_again @1200 e3 late", "stale @2100+1us e6 late",
                               "updated @3000 late", "fresh_again @3000 e6 late"});
  }
  SECTION("a server that failed and answered again meanwhile") {
    after.fails("a", 3, t0 + 5min, now);
    after.news("a", 4, t0 + 6min, t0 + 50s, now);
    CHECK(after.take() == Said{"failing @300 e3 late", "answering_again @360 e3 late"});
  }
  SECTION("one that still fails is announced once") {
    after.fails("a", 3, t0 + 5min, now);
    CHECK(after.take() == Said{"failing @300 e3 late"});
    after.lease("a", now, 3);
    after.until(now);
    const auto said = after.take();
    REQUIRE(!said.empty());
    CHECK(said[0] == "failing @3601 e3 announced chat");
  }
}

TEST_CASE("a lease that was sent when the aggregator went on tells of all before", "[news]") {
  const Settled before;  // stale at 950 s
  const Timestamp start = t0 + 60min;
  Post after(before.journal(), start);
  after.join("a", start, 2);
  after.until(start);
  CHECK(after.take() == Said{"stale @950+1us e3 chat"});
}

TEST_CASE("an update that two probers saw is told once", "[news]") {
  Settled post;
  post.until(t0 + 66s);  // a is lost
  post.join("b", t0 + 67s);
  (void)post.take();
  for (int i = 1; i <= 5; ++i)
    post.news("b", static_cast<std::uint64_t>(i), t0 + 60s + i * 10s, t0 + 60s + i * 10s,
              t0 + 60s + i * 10s);
  CHECK(post.take().size() == 5);
  // a comes back: it saw one more before b began, and then the same.
  post.join("a", t0 + 130s, 7);
  post.news("a", 3, t0 + 64s, t0 + 63s, t0 + 131s);
  for (int i = 1; i <= 4; ++i)
    post.news("a", static_cast<std::uint64_t>(i) + 3, t0 + 61s + i * 10s, t0 + 60s + i * 10s,
              t0 + 131s);
  CHECK(post.take() == Said{"updated @64 late"});
  // And after a restart of the aggregator in between, too.
  Post after(post.journal(), t0 + 140s);
  after.join("a", t0 + 141s, 8);
  after.news("a", 8, t0 + 91s, t0 + 80s, t0 + 142s);
  CHECK(after.take() == Said{});
}

TEST_CASE("what a prober shows again of data that are not the newest any more is told once",
          "[news]") {
  Settled post;
  post.join("b", t0 + 62s);
  post.news("b", 1, t0 + 63s, t0 + 62500ms, t0 + 63s);
  CHECK(post.take() == Said{"updated @63"});
  post.news("a", 3, t0 + 62s, t0 + 61s, t0 + 64s);
  post.unchanged("a", t0 + 62500ms, t0 + 61s, t0 + 64s);  // its last while nobody took samples
  CHECK(post.take() == Said{"updated @62 late"});
}

TEST_CASE(
    "of more updates than are remembered, what was told while another prober watched is not "
    "told again",
    "[news]") {
  Settled post;
  post.until(t0 + 66s);  // a is lost
  post.join("b", t0 + 67s);
  (void)post.take();
  for (int i = 1; i <= 40; ++i)
    post.news("b", static_cast<std::uint64_t>(i), t0 + 61s + i * 10s, t0 + 60s + i * 10s,
              t0 + 61s + i * 10s);
  CHECK(post.take().size() == 40);
  post.join("a", t0 + 470s, 6);
  const Timestamp now = t0 + 471s;
  post.news("a", 3, t0 + 64s, t0 + 63s, now);    // nobody else was there
  post.news("a", 4, t0 + 72s, t0 + 70s, now);    // told by b, and not remembered any more
  post.news("a", 5, t0 + 262s, t0 + 260s, now);  // told by b
  post.news("a", 6, t0 + 262s, t0 + 261s, now);  // not told, and younger than those forgotten
  CHECK(post.take() == Said{"updated @64 late", "updated @262 late"});
}

TEST_CASE("what two probers saw of a target that nothing is known of is told once, too", "[news]") {
  Post post;
  post.join("a", t0);
  post.until(t0 + 6s);  // a is lost before anything of it has come
  post.join("b", t0 + 7s);
  (void)post.take();
  for (int i = 1; i <= 4; ++i)
    post.news("b", static_cast<std::uint64_t>(i), t0 + i * 10s, t0 + i * 10s, t0 + i * 10s);
  CHECK(post.take().size() == 3);  // the first is no update
  post.join("a", t0 + 50s, 4);
  for (int i = 1; i <= 4; ++i)
    post.news("a", static_cast<std::uint64_t>(i), t0 + 1s + i * 10s, t0 + i * 10s, t0 + 51s);
  CHECK(post.take().empty());
}

TEST_CASE("lies about numbers and times harm nobody", "[news]") {
  Settled post;
  const auto huge = std::numeric_limits<std::uint64_t>::max();
  const auto far = timestamp_from_us(std::numeric_limits<std::int64_t>::max());
  post.join("x", t0 + 62s);
  for (const auto last : {huge, huge - 1, huge / 2, huge / 2 + 1, std::uint64_t{7}})
    for (const auto oldest : {huge, huge / 2, std::uint64_t{100}, std::uint64_t{0}}) {
      Lease lie;
      lie.dropped = huge;
      lie.dropped_from = far;
      lie.dropped_to = timestamp_from_us(std::numeric_limits<std::int64_t>::min());
      lie.clock_uncertainty = Duration(far.time_since_epoch());
      post.lease("x", t0 + 62s, last, oldest, lie);
    }
  for (const auto seq : {huge, huge / 2, std::uint64_t{1} << 63, std::uint64_t{9}})
    post.news("x", seq, far, far, t0 + 62s);
  post.core.apply(input::Goodbye{{"x", huge}}, t0 + 62s);
  post.lease("a", t0 + 63s, 3);
  post.news("a", 3, t0 + 63s, t0 + 62s, t0 + 63s);
  post.until(t0 + 64s);
  const auto said = post.take();
  CHECK(std::count(said.begin(), said.end(), "updated @63") == 1);
  CHECK(std::count_if(post.all.begin(), post.all.end(),
                      [](const Event& event) { return event.kind == Kind::samples_lost; }) <= 2);
}

TEST_CASE("that a quiet prober is there is noted in the journal every ten seconds", "[news]") {
  Settled post;
  for (int i = 1; i <= 25; ++i) {
    post.lease("a", t0 + 61s + i * 1s, 2);
    CHECK(post.probers.at(0).heard_at == t0 + 60s + (i + 1) / 10 * 10s);
  }
}

TEST_CASE("a lost prober is known for a week, and not without end", "[news]") {
  Settled post;
  post.until(t0 + 70s);
  REQUIRE(post.probers.size() == 1);
  CHECK(post.probers[0].lost);
  CHECK(post.probers[0].received == 2);
  Post soon(post.journal(), t0 + 24h * 6);
  CHECK(soon.core.probers().streams().known() == 1);
  Post late(post.journal(), t0 + 24h * 8);
  CHECK(late.core.probers().streams().known() == 0);
  Restored many;
  for (int i = 0; i < 3000; ++i)
    many.probers.push_back({"p", "i" + std::to_string(i), 1, t0 + i * 1ms, true});
  Post crowd(many, t0 + 1h);
  CHECK(crowd.core.probers().streams().known() == 1000);
}
