#include "prober/news_ring.hpp"

#include "prober/outbox.hpp"
#include "tests/catch.hpp"

#include <map>
#include <random>

namespace stalewatch::prober {
namespace {

using namespace std::chrono_literals;

const Timestamp t0 = timestamp_from_us(1'800'000'000'000'000);

Sample news(std::uint32_t target, Timestamp at = t0) {
  Sample sample;
  sample.target = target;
  sample.news_seq = 1;  // whatever: the ring numbers
  sample.probed_at = at;
  return sample;
}

/// Numbers of everything that is sent from here on.
std::vector<std::uint64_t> sent_by(NewsRing& ring) {
  std::vector<std::uint64_t> numbers;
  for (; ring.next() != nullptr; ring.sent()) numbers.push_back(ring.next()->news_seq);
  return numbers;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("news are sent once in order, and again from where that is asked for", "[ring]") {
  NewsRing ring(10);
  CHECK(ring.oldest() == 1);
  for (std::uint32_t i = 1; i <= 4; ++i) ring.add(news(i));
  CHECK(sent_by(ring) == Numbers{1, 2, 3, 4});
  CHECK(sent_by(ring).empty());
  ring.send_from(3);
  CHECK(sent_by(ring) == Numbers{3, 4});
  ring.acked(2);
  ring.send_from(1);  // gone: from the oldest that is there
  CHECK(sent_by(ring) == Numbers{3, 4});
  ring.send_from(1000);  // never forward
  ring.add(news(5));
  CHECK(sent_by(ring) == Numbers{5});
  ring.acked(1000);  // from the future: as far as there is anything
  CHECK(ring.size() == 0);
  CHECK(ring.oldest() == 6);
  CHECK(ring.dropped().count == 0);
}

TEST_CASE("news that were not understood together go out one by one, up to the last there were",
          "[ring][outbox]") {
  Outbox outbox(100);
  outbox.listened_to(true);
  const auto batches = [&] {
    std::vector<std::size_t> sizes;
    for (auto batch = outbox.take_rest(); !batch.samples.empty(); batch = outbox.take_rest())
      sizes.push_back(batch.samples.size());
    return sizes;
  };
  for (std::uint32_t i = 1; i <= 4; ++i) outbox.add(news(i));
  CHECK(batches() == std::vector<std::size_t>{4});
  outbox.send_from(2, 1);
  for (std::uint32_t i = 5; i <= 7; ++i) outbox.add(news(i));
  CHECK(batches() == std::vector<std::size_t>{1, 1, 1, 3});
  outbox.send_from(2, 0);  // of no sense: at least one
  CHECK(batches() == std::vector<std::size_t>{1, 1, 1, 1, 1, 1});
  outbox.send_from(2);
  CHECK(batches() == std::vector<std::size_t>{1, 1, 1, 1, 1, 1});
  outbox.add(news(8));
  outbox.add(news(9));
  CHECK(batches() == std::vector<std::size_t>{2});
}

TEST_CASE("a full ring drops its oldest and remembers how many, and of when", "[ring]") {
  NewsRing ring(3);
  for (int i = 1; i <= 5; ++i) ring.add(news(1, t0 + i * 1s));
  CHECK(ring.oldest() == 3);
  CHECK(ring.dropped() == NewsRing::Dropped{2, t0 + 1s, t0 + 2s});
  CHECK(sent_by(ring) == Numbers{3, 4, 5});
  ring.acked(1);
  CHECK(ring.dropped().count == 2);  // not all of it is known to the other side
  ring.acked(2);
  CHECK(ring.dropped().count == 0);
  CHECK(ring.dropped_ever() == 2);
}

TEST_CASE("another journal: ids are renamed, what has no new id is dropped, numbers close ranks",
          "[ring]") {
  NewsRing ring(10);
  for (std::uint32_t i = 1; i <= 6; ++i) ring.add(news(i, t0 + i * 1s));
  ring.acked(1);
  (void)sent_by(ring);
  ring.rename([](std::uint32_t id) -> std::optional<std::uint32_t> {
    return id == 2 || id == 5 ? std::nullopt : std::optional(id + 100);
  });
  CHECK(ring.last() == 6);
  CHECK(ring.oldest() == 4);
  CHECK(ring.dropped() == NewsRing::Dropped{2, t0 + 2s, t0 + 5s});
  std::map<std::uint64_t, std::uint32_t> sent;
  for (; ring.next() != nullptr; ring.sent()) sent[ring.next()->news_seq] = ring.next()->target;
  CHECK(sent == std::map<std::uint64_t, std::uint32_t>{{4, 103}, {5, 104}, {6, 106}});
}

TEST_CASE("whatever happens, every news arrives once and in order, or is known to be dropped",
          "[ring]") {
  const auto seed = GENERATE(range(1u, 200u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  const std::size_t capacity = 1 + random() % 20;
  NewsRing ring(capacity);
  std::uint64_t received = 0;       // by a model of the other side, in order
  std::uint64_t dropped = 0;        // that it was told of
  std::vector<std::uint32_t> seen;  // payloads, by the number of their birth
  std::uint32_t born = 0;
  const auto loses = static_cast<unsigned>(random() % 60);
  for (int step = 0; step < 400; ++step) {
    if (chance(50)) ring.add(news(++born));
    for (auto n = random() % 4; n > 0 && ring.next() != nullptr; --n) {
      const Sample sample = *ring.next();
      ring.sent();
      if (chance(loses) || sample.news_seq != received + 1) continue;  // lost, known or too early
      ++received;
      seen.push_back(sample.target);
    }
    if (chance(10)) ring.acked(received - random() % (received + 1) / 2);
    if (chance(15)) {  // a lease: what is gone is told, the rest asked for
      if (ring.oldest() > received + 1) {
        CHECK(ring.dropped().count >= ring.oldest() - 1 - received);
        dropped += ring.oldest() - 1 - received;
        received = ring.oldest() - 1;
      }
      ring.send_from(received + 1);
    }
    REQUIRE(ring.size() <= capacity);
    REQUIRE(seen.size() + dropped == received);
  }
  if (ring.oldest() > received + 1) {
    dropped += ring.oldest() - 1 - received;
    received = ring.oldest() - 1;
  }
  ring.send_from(received + 1);
  for (; ring.next() != nullptr; ring.sent())
    if (ring.next()->news_seq == received + 1) {
      ++received;
      seen.push_back(ring.next()->target);
    }
  CHECK(received == born);
  CHECK(seen.size() + dropped == born);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("samples that are no news never overtake those that are", "[outbox]") {
  const SteadyTime m0{100s};
  Outbox outbox(10);
  const auto plain = [](std::uint32_t target, Timestamp at) {
    Sample sample = news(target, at);
    sample.news_seq = 0;
    return sample;
  };
  outbox.listened_to(true);
  outbox.add(news(1, t0));
  outbox.add(plain(1, t0 + 1s));
  outbox.add(news(2, t0 + 2s));
  auto batch = outbox.take_batch(m0);
  CHECK(batch.after == 0);
  REQUIRE(batch.samples.size() == 3);
  CHECK(batch.samples[1].news_seq == 0);

  // While nobody listens: the newest of each target, unless news of it follow.
  outbox.listened_to(false);
  outbox.add(plain(1, t0 + 3s));
  outbox.add(plain(2, t0 + 3s));
  outbox.add(plain(2, t0 + 4s));
  outbox.add(news(1, t0 + 5s));
  CHECK(outbox.take_batch(m0 + 1s).samples.empty());
  outbox.acked(1);
  outbox.listened_to(true);
  batch = outbox.take_batch(m0 + 2s);
  CHECK(batch.after == 1);
  REQUIRE(batch.samples.size() == 3);
  CHECK(batch.samples[0].news_seq == 2);
  CHECK(batch.samples[1].news_seq == 3);
  CHECK(batch.samples[2].probed_at == t0 + 4s);
  CHECK(batch.samples[2].target == 2);

  outbox.add(plain(1, t0 + 6s));
  outbox.send_from(2);
  batch = outbox.take_batch(m0 + 3s);
  CHECK(batch.after == 1);
  REQUIRE(batch.samples.size() == 3);
  CHECK(batch.samples[2].probed_at == t0 + 6s);
}

}  // namespace stalewatch::prober
