#include "common/wire.hpp"

#include <catch2/catch.hpp>

using namespace stalewatch;

TEST_CASE("an event survives the wire", "[wire]") {
  Event event{.seq = 7, .episode = 5, .kind = Kind::still_stale, .target = "PROD", .at = timestamp_from_us(-3)};
  event.lag = Duration{-1};
  const auto back = decode<Event>(encode(event));
  REQUIRE(back);
  CHECK(*back == event);
}

TEST_CASE("a sample travels as a short array", "[wire]") {
  const SampleBatch batch{"a1", {Sample{.target = 70'000, .probed_at = timestamp_from_us(1'700'000'000'000'000)}}};
  const auto bytes = encode(batch);
  CHECK(bytes.size() < 64);
  const auto back = decode<SampleBatch>(bytes);
  REQUIRE(back);
  CHECK(*back == batch);
}

TEST_CASE("five hostile bytes allocate nothing", "[wire]") {
  const auto result = decode<Event>(std::string("\xdd\xff\xff\xff\xff", 5));
  CHECK_FALSE(result);
}
