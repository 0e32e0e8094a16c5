// One bad sample spoils nothing but itself.

#include "tests/aggregator/prober_bench.hpp"

#include <algorithm>
#include <set>

using namespace stalewatch;
using namespace stalewatch::aggregator;

namespace {

/// With two targets.
struct Post : ProberBench {
  explicit Post(Restored restored = {})
      : ProberBench({quick("A"), quick("B")}, std::move(restored)) {}

  static ServerConfig quick(const std::string& key) {
    auto config = server(key);
    config.interval = 5s;
    return config;
  }
  Sample news(std::uint64_t seq, Instant at, const std::string& key = "A") {
    return {.target = *core.targets().id_of(key),
            .news_seq = seq,
            .probed_at = at,
            .since = at,
            .http_status = 200,
            .computed_at = at - 1s};
  }
  /// What the prober is told of its news.
  Streams::ToTell told() {
    const auto acks = core.take_acks();
    return acks.empty() ? Streams::ToTell{} : acks.back();
  }
};

bool mention(const std::vector<std::string>& notes, const std::string& text) {
  return std::any_of(notes.begin(), notes.end(),
                     [&](const auto& note) { return note.find(text) != note.npos; });
}

}  // namespace

TEST_CASE("a sample that is not understood or believed is refused alone, and its number is taken",
          "[refused]") {
  Post post;
  post.join("a", t0);
  post.observe("a", {post.news(1, t0)}, t0);
  const auto bad = GENERATE(0, 1, 2, 3);
  auto refused = post.news(2, t0 + 1s);
  if (bad == 0) refused = {.target = refused.target, .news_seq = 2, .unreadable = true};
  if (bad == 1) refused.probed_at = t0 + 24h * 365 * 30;
  if (bad == 2) refused.computed_at = timestamp_from_us(900'000'000'000'000'000);
  if (bad == 3) refused.computed_at.reset();
  post.observe("a", {refused, post.news(3, t0 + 2s), post.news(4, t0 + 3s, "B")}, t0 + 3s);
  CHECK(post.take() == Said{"updated @2"});
  CHECK(post.core.probers().refused_samples() == 1);
  CHECK(post.told().committed == 4);
  CHECK(mention(post.notes, "a sample is refused prober=p-a target=A why="));
  // Again and again: counted each time, told once; nothing is asked for again.
  post.notes.clear();
  for (std::uint64_t seq = 5; seq < 50; ++seq) {
    refused.news_seq = seq;
    post.observe("a", {refused}, t0 + 4s);
  }
  CHECK(post.core.probers().refused_samples() == 46);
  CHECK(post.notes.empty());
  CHECK_FALSE(post.told().resend_from);
  CHECK(post.core.probers().streams().asked() == 0);
}

TEST_CASE("a target of which nothing is believed is not watched, and the text says why",
          "[refused]") {
  Post post;
  post.join("a", t0);
  for (int i = 1; i <= 40; ++i) {
    const auto at = t0 + i * 1s;
    auto bad = post.news(0, at);
    bad.since = t0 - 24h * 365 * 30;
    auto good = post.news(0, at, "B");
    good.computed_at = t0;
    post.observe("a", {bad, good}, at);
    post.core.apply(input::Lease{{.instance = "a", .sent_at = at}, "peer"}, at);
    post.core.apply(input::Tick{}, at);
    post.collect();
  }
  REQUIRE(post.take() == Said{"not_watched @30 e2 chat"});
  CHECK(post.all.back().target == "A");
  CHECK(post.all.back().detail == "no sample for 30s: what its prober says of it is not believed");
}

TEST_CASE("a clock's offset that cannot be is left out, the sample counts", "[refused]") {
  Post post;
  post.join("a", t0);
  post.observe("a", {post.news(1, t0)}, t0);
  auto sample = post.news(2, t0 + 1s);
  sample.clock_offset = 24h * 365 * 38'000;
  sample.clock_uncertainty = 1s;
  post.observe("a", {sample}, t0 + 1s);
  CHECK(post.take() == Said{"updated @1"});
  CHECK(post.core.probers().refused_samples() == 0);
  CHECK(post.core.probers().refused_offsets() == 1);
}

TEST_CASE("a Date that is no clock's is told as a wrong clock, and nothing goes by it",
          "[refused]") {
  auto by_server = server();
  by_server.server_clock = true;
  by_server.threshold = 10min;
  Bench bench({by_server});
  for (int i = 0; i < 3; ++i)
    bench.sample(t0 + i * 1s, {.http_status = 200, .computed_at = t0, .date_off = 24h * 3000});
  CHECK(bench.said() == Said{"clock_off @2 e1 chat"});
  CHECK(
      *bench.all().back().detail ==
      "its clock is 3000d ahead, by the Date header, which is so far off that nothing goes by it");
  CHECK_FALSE(bench.core().targets().clock_offset());
  for (int i = 3; i < 6; ++i)
    bench.sample(t0 + i * 1s, {.http_status = 200,
                               .computed_at = t0,
                               .clock_offset = Duration(0),
                               .clock_uncertainty = 500ms});
  CHECK(bench.said() == Said{"clock_ok @5 e1 chat"});
}

TEST_CASE("a batch that cannot be understood is asked for one by one; the third failure skips one",
          "[refused]") {
  Post post;
  post.join("a", t0);
  post.observe("a", {post.news(1, t0), post.news(2, t0 + 1s)}, t0 + 1s);
  post.lease("a", t0 + 2s, 2);
  (void)post.told();
  (void)post.take();
  const auto lost_batch = [&](Instant now) {
    post.core.apply(input::Garbled{"a"}, Instant{});
    post.lease("a", now, 5);
    post.lease("a", now + 1s, 5);
    return post.told();
  };
  auto ack = lost_batch(t0 + 3s);
  CHECK(ack.resend_from == 3u);
  CHECK(ack.batch == 1u);
  SECTION("one by one it comes") {
    for (std::uint64_t seq = 3; seq <= 5; ++seq)
      post.observe("a", {post.news(seq, t0 + 3s + static_cast<int>(seq) * 1s)}, t0 + 9s);
    CHECK(post.take() == Said{"updated @6", "updated @7", "updated @8"});
    post.lease("a", t0 + 10s, 5);
    ack = post.told();
    CHECK(ack.committed == 5);
    CHECK_FALSE(ack.resend_from);
  }
  SECTION("the one that is not understood is skipped, and told as lost") {
    ack = lost_batch(t0 + 6s);
    CHECK(ack.resend_from == 3u);
    CHECK(post.take() == Said{});
    post.core.apply(input::Garbled{"a"}, Instant{});
    post.lease("a", t0 + 12s, 5);
    CHECK(post.take() == Said{"samples_lost @12 chat"});
    CHECK(post.all.back().count == 1);
    ack = post.told();
    CHECK(ack.committed == 3);
    CHECK(ack.resend_from == 4u);
    SECTION("what follows is taken") {
      post.observe("a", {post.news(4, t0 + 12s), post.news(5, t0 + 13s)}, t0 + 13s);
      CHECK(post.take() == Said{"updated @12", "updated @13"});
    }
    SECTION("the next one that is not understood either is not told in chat again") {
      for (int i = 0; i < 10; ++i) {
        post.core.apply(input::Garbled{"a"}, Instant{});
        post.lease("a", t0 + 13s + i * 3s, 5);
      }
      const auto said = post.take();
      REQUIRE(said.size() == 2);
      for (const auto& text : said) CHECK(text.find("chat") == text.npos);
    }
  }
}

TEST_CASE("news under a number that cannot be are skipped like what is not understood",
          "[refused]") {
  Post post;
  post.join("a", t0);
  const auto wrong = GENERATE(std::uint64_t{1}, std::uint64_t{999'999});
  const auto skipped_first = GENERATE(false, true);  // the very first, or one among others
  const std::uint64_t bad = skipped_first ? 1 : 3;
  INFO("number " << bad << " comes as " << wrong);
  if (bad == 1 && wrong == 1) return;  // that one is right
  for (std::uint64_t seq = 1; seq < bad; ++seq)
    post.observe("a", {post.news(seq, t0)}, t0, seq - 1);
  (void)post.take();
  // What the prober has to say, as often as it is asked for it: one number of it is wrong.
  for (int second = 1; second <= 20; ++second) {
    const auto now = t0 + second * 1s;
    for (const auto& told : post.core.take_acks()) {
      if (second > 1 && !told.resend_from) continue;
      for (std::uint64_t seq = told.resend_from.value_or(bad); seq <= 5; ++seq)
        post.observe("a", {post.news(seq == bad ? wrong : seq, t0 + 1s * static_cast<int>(seq))},
                     now, seq - 1);
    }
    post.lease("a", now, 5);
  }
  const auto said = post.take();
  CHECK(std::count_if(said.begin(), said.end(),
                      [](const auto& text) { return text.starts_with("samples_lost"); }) == 1);
  (void)post.told();
  post.observe("a", {post.news(6, t0 + 30s)}, t0 + 30s, 5);
  CHECK(post.take() == Said{"updated @30"});
  CHECK(post.told().committed == 6);
}

TEST_CASE("what is skipped because it is not understood is told as such", "[refused]") {
  Post post;
  post.join("a", t0);
  for (int second = 1; second <= 8; ++second) {
    post.core.apply(input::Garbled{"a"}, Instant{});
    post.lease("a", t0 + second * 1s, 1);
  }
  REQUIRE(post.all.back().kind == Kind::samples_lost);
  CHECK(post.all.back().count == 1);
  CHECK(post.all.back().detail ==
        "1 samples with something new are gone: they cannot be understood, as often as they are "
        "sent");
}

TEST_CASE("what cannot be understood beside complete news asks for nothing", "[refused]") {
  Post post;
  post.join("a", t0);
  post.observe("a", {post.news(1, t0)}, t0);
  (void)post.told();
  for (int i = 1; i <= 10; ++i) {
    post.core.apply(input::Garbled{"a"}, Instant{});
    post.lease("a", t0 + i * 1s, 1);
    CHECK_FALSE(post.told().resend_from);
  }
  CHECK(post.take() == Said{});
  post.core.apply(input::Garbled{"nobody"}, Instant{});
}

TEST_CASE("a prober is believed of the targets that it was given, now or before", "[refused]") {
  Post post;
  post.join("a", t0);
  std::set<std::string> had_some = {"a"};  // and those that never had any target
  for (int i = 0; i < 20; ++i) {
    post.join("b" + std::to_string(i), t0);
    for (const auto& prober : post.core.probers().probers())
      if (!prober.targets.empty()) had_some.insert(prober.instance);
  }
  REQUIRE(post.core.probers().find("a")->targets.empty());
  // Its own late news of what has moved away.
  post.observe("a", {post.news(1, t0)}, t0);
  CHECK(post.core.probers().refused_samples() == 0);
  const auto ids_of = [&](const std::string& who) {
    return post.core.probers().find(who)->targets;
  };
  for (const auto& prober : post.core.probers().probers()) {
    const auto& ids = ids_of(prober.instance);
    if (std::find(ids.begin(), ids.end(), *post.core.targets().id_of("A")) == ids.end()) continue;
    post.observe(prober.instance, {post.news(1, t0 + 1s)}, t0 + 1s);
  }
  CHECK(post.take() == Said{"updated @1"});
  // The word of one that never had it: refused, its number taken.
  const auto& probers = post.core.probers().probers();
  const auto foreign = std::find_if(probers.begin(), probers.end(), [&](const Prober& prober) {
    return !had_some.contains(prober.instance);
  });
  REQUIRE(foreign != probers.end());
  post.observe(foreign->instance, {post.news(1, t0 + 2s)}, t0 + 2s);
  CHECK(post.take() == Said{});
  CHECK(post.core.probers().refused_samples() == 1);
  CHECK(mention(post.notes, "never given"));
  // And of somebody who has not said hello.
  const auto before = post.core.probers().refused_samples();
  post.observe("stranger", {post.news(0, t0 + 3s)}, t0 + 3s);
  CHECK(post.take() == Said{});
  CHECK(post.core.probers().refused_samples() == before + 1);
  // Told once, however often it comes.
  post.notes.clear();
  for (int i = 0; i < 10; ++i) post.observe("stranger", {post.news(0, t0 + 3s)}, t0 + 3s + i * 1ms);
  CHECK(post.notes.empty());
  CHECK(post.core.probers().refused_samples() == before + 11);
}

TEST_CASE("a prober that the journal does not know tells of what it was given before this run",
          "[refused]") {
  Post post;
  for (int i = 0; i < 20; ++i) post.join("b" + std::to_string(i), t0);
  // It has news already: the aggregator before this one had given it targets, and did not live to
  // write down that it was there, or has forgotten it.
  post.core.apply(input::Hello{{.role = "prober", .name = "p-a", .instance = "a"}, "peer"}, t0);
  REQUIRE(post.core.probers().find("a")->targets.empty());
  post.observe("a", {post.news(1, t0)}, t0 + 1s);  // it comes again once its numbers are known
  CHECK(post.core.probers().refused_samples() == 0);
  post.lease("a", t0 + 1s, 1);
  post.observe("a", {post.news(1, t0)}, t0 + 1s);
  CHECK(post.core.probers().refused_samples() == 0);
  const auto row = std::find_if(post.probers.begin(), post.probers.end(),
                                [](const ProberRow& r) { return r.instance == "a"; });
  REQUIRE(row != post.probers.end());
  CHECK(row->received == 1);
  post.lease("a", t0 + 2s, 1);
  post.observe("a", {post.news(2, t0 + 13s)}, t0 + 13s);
  CHECK(post.core.probers().refused_samples() == 1);
}

TEST_CASE("after a restart a prober may tell of what it was given before, until that is taken",
          "[refused]") {
  Post before;
  before.join("a", t0);
  before.core.apply(input::Tick{}, t0 + 10s);  // it is lost
  before.collect();
  Restored restored{.targets = before.targets,
                    .probers = before.probers,
                    .next_id = 3,
                    .next_seq = before.core.next_seq()};
  Post post(std::move(restored));
  for (int i = 0; i < 20; ++i) post.join("b" + std::to_string(i), t0);
  post.join("a", t0 + 1s);
  REQUIRE(post.core.probers().find("a")->targets.empty());
  post.observe("a", {post.news(1, t0)}, t0 + 1s);
  CHECK(post.core.probers().refused_samples() == 0);
  post.lease("a", t0 + 2s, 1);
  // Those that were under way beside the first lease, for ten seconds.
  const Instant last = t0 + 11s - Duration(1);
  for (const auto at : {t0 + 3s, last}) post.observe("a", {post.news(0, at)}, at);
  CHECK(post.core.probers().refused_samples() == 0);
  post.observe("a", {post.news(0, t0 + 11s)}, t0 + 11s);
  CHECK(post.core.probers().refused_samples() == 1);
}

TEST_CASE("a stored state that cannot be understood costs its own target alone", "[refused]") {
  Post before;
  Restored restored{.targets = {before.targets[0]},
                    .unreadable = {{before.targets[1], "data: not a map"}},
                    .next_id = 3,
                    .next_seq = 9};
  Post post(std::move(restored));
  CHECK(post.take() == Said{"retired @0 chat"});
  CHECK(post.all.back().target == "B");
  CHECK(post.all.back().detail ==
        "has a stored state that cannot be understood (data: not a map): it begins anew");
  CHECK(post.core.targets().id_of("A") == 1u);
  CHECK(post.core.targets().id_of("B") == 3u);  // another target than the one whose state is lost
  const auto row = std::find_if(post.targets.begin(), post.targets.end(),
                                [](const TargetRow& r) { return r.id == 2; });
  REQUIRE(row != post.targets.end());
  CHECK(row->retired);
}
