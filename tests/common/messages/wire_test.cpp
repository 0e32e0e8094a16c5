#include "common/messages/wire.hpp"

#include "common/messages/names.hpp"
#include "tests/catch.hpp"
#include "tests/common/messages/random_messages.hpp"

#include <msgpack.hpp>

#include <array>
#include <cstdio>
#include <functional>
#include <limits>

using namespace stalewatch;

#define ALL_MESSAGES                                                                           \
  SampleBatch, Event, Beat, Hello, Targets, Lease, LeaseReply, Replay, Replayed, Ack, Command, \
      Reply, Goodbye

namespace {

using Packer = msgpack::packer<msgpack::sbuffer>;

std::string packed(const std::function<void(Packer&)>& write) {
  msgpack::sbuffer buffer;
  Packer p(buffer);
  write(p);
  return {buffer.data(), buffer.size()};
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    std::array<char, 3> two;
    std::snprintf(two.data(), two.size(), "%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += two.data();
  }
  return out;
}

std::string bytes_of(std::string_view hex_text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex_text.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex_text.substr(i, 2)), nullptr, 16));
  return out;
}

constexpr auto t0 = timestamp_from_us(1'795'341'723'500'000);  // 2026-11-22T10:02:03.5Z

Sample known_sample() {
  return {.target = 70'000,
          .news_seq = 1,
          .probed_at = t0,
          .took = Duration{1500},
          .since = t0 - Duration{60'000'000},
          .http_status = 200,
          .computed_at = t0 - Duration{1}};
}

Event known_event() {
  Event event{.seq = 7, .episode = 7, .kind = Kind::stale, .target = "P", .name = "Prod", .at = t0};
  event.lag = Duration{-1};
  event.reason = "dns";
  event.notify = true;
  return event;
}

/// Every kind of value that msgpack has, small.
std::vector<std::string> values_of_all_types() {
  return {"\xc0",
          "\xc2",
          "\xc3",
          "\x05",
          "\xff",
          bytes_of("cf8000000000000000"),
          bytes_of("d38000000000000000"),
          bytes_of("cb7ff0000000000000"),
          bytes_of("ca40000000"),
          bytes_of("a2c328"),
          bytes_of("c40141"),
          bytes_of("91c0"),
          bytes_of("81a161c0"),
          bytes_of("d40100")};
}

}  // namespace

TEMPLATE_TEST_CASE("every message comes back as it went", "[wire]", ALL_MESSAGES) {
  const unsigned seed = testing::random_seed();
  INFO("STALEWATCH_SEED=" << seed);
  testing::RandomMessages random(seed);
  for (int i = 0; i < 500; ++i) {
    const auto message = random.make<TestType>();
    const auto bytes = encode(message);
    const auto back = decode<TestType>(bytes);
    REQUIRE(back);
    REQUIRE(*back == message);
    REQUIRE(encode(*back) == bytes);
  }
}

TEMPLATE_TEST_CASE("a message cut anywhere is refused, and so is one with more behind it", "[wire]",
                   ALL_MESSAGES) {
  const unsigned seed = testing::random_seed();
  INFO("STALEWATCH_SEED=" << seed);
  testing::RandomMessages random(seed);
  for (int i = 0; i < 5; ++i) {
    const auto bytes = encode(random.make<TestType>());
    for (std::size_t length = 0; length < bytes.size(); ++length)
      if (decode<TestType>(std::string_view(bytes).substr(0, length))) FAIL("cut at " << length);
    CHECK(decode<TestType>(bytes + '\xc0').error() == "trailing bytes");
    CHECK_FALSE(decode<TestType>(bytes + bytes));
  }
}

TEMPLATE_TEST_CASE("changed bytes are read or refused, never worse", "[wire]", ALL_MESSAGES) {
  const unsigned seed = testing::random_seed();
  INFO("STALEWATCH_SEED=" << seed);
  testing::RandomMessages random(seed);
  for (int i = 0; i < 1000; ++i) {
    auto bytes = encode(random.make<TestType>());
    for (auto changes = random.number(1, 4); changes > 0 && !bytes.empty(); --changes)
      bytes[static_cast<std::size_t>(
          random.number(0, static_cast<std::int64_t>(bytes.size()) - 1))] =
          static_cast<char>(random.number(0, 255));
    if (const auto back = decode<TestType>(bytes)) CHECK(decode<TestType>(encode(*back)));
  }
}

TEMPLATE_TEST_CASE("hostile bytes are refused and allocate nothing to speak of", "[wire]",
                   ALL_MESSAGES) {
  for (const auto* text : {"", "c1", "ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff",
                           "c9ffffffff01", "dcffff", "deffff", "dd000186a1", "92a161ddffffffff"})
    CHECK_FALSE(decode<TestType>(bytes_of(text)));
  for (const char opening : {'\x91', '\x81'})
    CHECK_FALSE(decode<TestType>(std::string(100'000, opening)));
  CHECK_FALSE(decode<TestType>(std::string(100'000, '\xc0')));
  for (const auto& value : values_of_all_types())
    if (value != bytes_of("81a161c0")) CHECK_FALSE(decode<TestType>(value));
}

TEMPLATE_TEST_CASE("a field of the wrong type is refused by its name", "[wire]", Event, Beat, Hello,
                   Targets, Lease, LeaseReply, Replay, Replayed, Ack, Command, Reply, Goodbye) {
  TestType message;
  for_each_field(message, [&](const char* name, const auto&) {
    int refused = 0;
    for (const auto& value : values_of_all_types()) {
      const auto bytes = "\x81" + packed([&](Packer& p) { p.pack(name); }) + value;
      const auto result = decode<TestType>(bytes);
      if (result) continue;
      ++refused;
      CHECK(result.error().starts_with(name));
    }
    CHECK(refused >= 4);
  });
}

TEMPLATE_TEST_CASE("unknown fields are ignored and missing ones keep their default", "[wire]",
                   Event, Beat, Hello, Targets, Lease, LeaseReply, Replay, Replayed, Ack, Command,
                   Reply, Goodbye) {
  CHECK(*decode<TestType>("\x80") == TestType{});
  const auto bytes = packed([](Packer& p) {
    p.pack_map(3);
    p.pack("zz_of_the_future"), p.pack(std::vector<int>{1, 2});
    p.pack(17), p.pack("a key that is no name");
    p.pack("zzz"), p.pack_nil();
  });
  const auto result = decode<TestType>(bytes);
  REQUIRE(result);
  CHECK(*result == TestType{});
}

TEST_CASE("fields are found in any order", "[wire]") {
  const auto bytes = packed([](Packer& p) {
    p.pack_map(3);
    p.pack("at"), p.pack(5);
    p.pack("head"), p.pack(4);
    p.pack("journal"), p.pack("j");
  });
  CHECK(*decode<Beat>(bytes) == Beat{"j", 4, timestamp_from_us(5)});
}

TEST_CASE("samples of older and newer probers are understood", "[wire]") {
  const auto batch_of = [](const std::function<void(Packer&)>& sample) {
    return packed([&](Packer& p) {
      p.pack_array(2);
      p.pack("a1");
      p.pack_array(1);
      sample(p);
    });
  };
  const auto shorter = decode<SampleBatch>(batch_of([](Packer& p) {
    p.pack_array(2);
    p.pack(9), p.pack(1);
  }));
  REQUIRE(shorter);
  CHECK(shorter->samples == std::vector{Sample{.target = 9, .news_seq = 1}});

  const auto longer = decode<SampleBatch>(batch_of([](Packer& p) {
    p.pack_array(17);
    p.pack(9), p.pack(1);
    for (int i = 0; i < 2; ++i) p.pack(0);
    p.pack(1), p.pack(1), p.pack(0), p.pack(0);
    for (int i = 0; i < 7; ++i) p.pack_nil();
    p.pack("of the future"), p.pack(std::vector<int>{1});
  }));
  REQUIRE(longer);
  CHECK(longer->samples ==
        std::vector{Sample{.target = 9, .news_seq = 1, .outcome = Outcome::dns}});
}

TEST_CASE("a sample's wrong values are refused by the field's name", "[wire]") {
  const auto error_of = [](const std::string& fields) {
    return decode<SampleBatch>(bytes_of("92a26131") + bytes_of("91") + fields).error();
  };
  CHECK(error_of("\x05") == "samples: [0]: not an array");
  CHECK(error_of("\x91\xff") == "samples: [0]: target: wrong type or out of range");
  CHECK(error_of(bytes_of("91cf0000000100000000")) ==
        "samples: [0]: target: wrong type or out of range");
  CHECK(error_of(bytes_of("9501000000a26f6b")) ==
        "samples: [0]: outcome: wrong type or out of range");
}

TEST_CASE("an outcome that only a newer prober knows is a failure for an unknown reason",
          "[wire]") {
  for (const auto* number : {"0b", "ccff", "cd0100", "ce00010000", "cfffffffffffffffff"}) {
    const auto batch =
        decode<SampleBatch>(bytes_of("92a26131") + bytes_of("919501000000") + bytes_of(number));
    REQUIRE(batch);
    CHECK(batch->samples == std::vector{Sample{.target = 1, .outcome = Outcome::unknown}});
  }
  CHECK_FALSE(decode<SampleBatch>(bytes_of("92a26131") + bytes_of("919501000000ff")));  // -1
}

TEST_CASE("the name of a kind that only a newer version knows is kept", "[wire]") {
  Event event = known_event();
  event.kind = EventKind::unknown("certificate_expires");
  const auto back = decode<Event>(encode(event));
  REQUIRE(back);
  CHECK(back->kind == Kind::unknown);
  CHECK(name_of(back->kind) == "certificate_expires");
  CHECK(*back == event);
  for (const auto* name : {"", "Two words", "x\ny", "caf\xc3\xa9"}) {
    event.kind = EventKind::unknown(name);
    if (*name) CHECK(decode<Event>(encode(event)).error() == "kind: not the name of a kind");
  }
  event.kind = EventKind::unknown(std::string(65, 'x'));
  CHECK_FALSE(decode<Event>(encode(event)));
}

// ---- one bad element in the middle of good ones ----

namespace {

/// The field `name` of an encoded message gets another value: `value`, encoded.
std::string with_value(const std::string& bytes, const std::string& name,
                       const std::string& value) {
  const auto key = packed([&](Packer& p) { p.pack(name); });
  const auto at = bytes.find(key);
  REQUIRE(at != bytes.npos);
  const auto from = at + key.size();
  std::size_t to = from;
  msgpack::unpack(bytes.data(), bytes.size(), to);
  return bytes.substr(0, from) + value + bytes.substr(to);
}

/// `list` of an encoded message, with `bad` in the place of its second element. Elements are
/// encoded alike, so the first occurrence of the second one's bytes is where it stands.
std::string with_bad(const std::string& bytes, const std::string& good, const std::string& bad) {
  const auto at = bytes.find(good);
  REQUIRE(at != bytes.npos);
  return bytes.substr(0, at) + bad + bytes.substr(at + good.size());
}

template <typename M>
struct InPart {
  Result<M> message;
  Refusals refused;
};
template <typename M>
InPart<M> in_part(const std::string& bytes) {
  Refusals refused;
  auto message = decode<M>(bytes, refused);
  REQUIRE(message);
  return {std::move(message), refused};
}

std::string sample_bytes(const Sample& sample) {
  const auto batch = encode(SampleBatch{"", {sample}});
  return batch.substr(3);  // the arrays' heads and the empty name
}

}  // namespace

TEST_CASE("a batch goes on without the sample that is not understood, which keeps its number",
          "[wire][bad element]") {
  auto first = known_sample(), second = known_sample(), third = known_sample();
  second.target = 71'000, second.news_seq = 2;
  third.target = 72'000, third.news_seq = 3;
  const auto bytes = encode(SampleBatch{"a1", {first, second, third}, 0});
  const auto good = sample_bytes(second);
  SECTION("a value of another type") {
    const auto bad = good.substr(0, 7) + bytes_of("a178") + good.substr(16);  // probed_at: "x"
    const auto read = in_part<SampleBatch>(with_bad(bytes, good, bad));
    CHECK(read.message->samples ==
          std::vector{first, Sample{.target = 71'000, .news_seq = 2, .unreadable = true}, third});
    CHECK(read.refused.count == 1);
    CHECK(read.refused.first == "samples: [1]: probed_at: wrong type or out of range");
  }
  SECTION("no sample at all") {
    for (const auto& bad : values_of_all_types()) {
      const auto read = in_part<SampleBatch>(with_bad(bytes, good, bad));
      if (bad == bytes_of("91c0")) continue;  // an array, and so a sample without a target
      CHECK(read.message->samples == std::vector{first, Sample{.unreadable = true}, third});
      CHECK(read.refused.count == 1);
    }
  }
  SECTION("an optional value") {
    second.clock_offset = Duration(1);
    auto bad_clock = encode(SampleBatch{"a1", {first, second, third}, 0});
    const auto with_clock = sample_bytes(second);
    const auto bad = with_clock.substr(0, with_clock.size() - 1) + "\xc3";
    const auto read = in_part<SampleBatch>(with_bad(bad_clock, with_clock, bad));
    second.clock_offset.reset();
    CHECK(read.message->samples == std::vector{first, second, third});
    CHECK(read.refused.first == "samples: [1]: clock_offset: wrong type or out of range");
  }
}

TEST_CASE("a page goes on without the event that is not understood, whose number has its place",
          "[wire][bad element]") {
  std::vector<Event> events = {known_event(), known_event(), known_event()};
  for (std::size_t i = 0; i < events.size(); ++i) events[i].seq = 7 + static_cast<int>(i);
  const Replayed page{"j", 6, 1, 9, events, true};
  const auto bytes = encode(page);
  const auto good = encode(events[1]);
  const auto read = [&](const std::string& bad) {
    return in_part<Replayed>(with_bad(bytes, good, bad));
  };
  const auto unreadable = read(with_value(good, "at", "\xc0"));
  CHECK(unreadable.message->events ==
        std::vector{events[0], Event{.seq = 8, .unreadable = true}, events[2]});
  CHECK(unreadable.refused.first == "events: [1]: at: wrong type or out of range");
  for (const auto* number : {"\xc0", "\x05", "\xff", "\xa1x"})
    CHECK(read(with_value(with_value(good, "at", "\xc0"), "seq", number)).message->events[1] ==
          Event{.seq = 8, .unreadable = true});
  const auto in_parts = read(with_value(good, "lag", "\xc3"));
  events[1].lag.reset();
  CHECK(in_parts.message->events == events);
  CHECK(in_parts.refused.first == "events: [1]: lag: wrong type or out of range");
}

TEST_CASE("an assignment goes on without the target that is not understood",
          "[wire][bad element]") {
  const std::vector<TargetSpec> specs = {
      {.id = 1, .key = "A"}, {.id = 2, .key = "B"}, {.id = 3, .key = "C"}};
  const auto bytes = encode(Targets{.assignment = "a1", .added = specs, .removed = {7, 200, 9}});
  const auto good = bytes.substr(bytes.find(bytes_of("de0013a2696402")));
  const auto bad = with_value(good, "interval", "\xa1x");
  auto read = in_part<Targets>(with_bad(bytes, good, bad));
  CHECK(read.message->added == std::vector{specs[0], specs[2]});
  CHECK(read.refused.first == "added: [1]: interval: wrong type or out of range");
  read = in_part<Targets>(with_bad(bytes, bytes_of("9307ccc809"), bytes_of("9307c309")));
  CHECK(read.message->removed == std::vector<std::uint32_t>{7, 9});
  CHECK(read.message->added == specs);
}

TEST_CASE("a list of problems goes on without the one that is not understood",
          "[wire][bad element]") {
  std::vector<Event> problems = {known_event(), known_event(), known_event()};
  problems[1].seq = 8;
  const auto good = encode(problems[1]);
  const auto bytes = encode(Reply{1, true, "3 open", "j", 9, problems});
  const auto read = in_part<Reply>(with_bad(bytes, good, with_value(good, "target", "\x05")));
  REQUIRE(read.message->problems.size() == 3);
  CHECK(read.message->problems[1].unreadable);
  CHECK(read.message->problems[2] == problems[2]);
}

TEST_CASE("a lease renews without the optional field that is not understood",
          "[wire][bad element]") {
  const Lease lease{"i1", 3, 9, t0, Duration{-5}, Duration{7}};
  auto expected = lease;
  expected.clock_offset.reset();
  const auto read =
      in_part<Lease>(with_value(encode(lease), "clock_offset", "\xcb" + std::string(8, '\x7f')));
  CHECK(*read.message == expected);
  CHECK(read.refused.first == "clock_offset: wrong type or out of range");
  // Without its instance it is nobody's.
  CHECK_FALSE(decode<Lease>(with_value(encode(lease), "instance", "\x05")));
}

TEST_CASE("the arguments of a command are understood all or not at all", "[wire][bad element]") {
  const auto bytes = encode(Command{1, "forget", {"recorder"}});
  Refusals refused;
  CHECK_FALSE(decode<Command>(with_value(bytes, "arguments", bytes_of("92a17805")), refused));
}

TEST_CASE("an event that cannot be read has no number behind the last there is", "[wire]") {
  constexpr auto last = std::numeric_limits<std::int64_t>::max();
  const auto bytes = packed([&](Packer& p) {
    p.pack_map(2);
    p.pack("after"), p.pack(last);
    p.pack("events"), p.pack_array(1), p.pack_nil();
  });
  Refusals refused;
  const auto page = decode<Replayed>(bytes, refused);
  REQUIRE(page);
  REQUIRE(page->events.size() == 1);
  CHECK(page->events[0].unreadable);
  CHECK(page->events[0].seq == 0);
}

TEST_CASE("times that would overflow what reckons with them are refused", "[wire]") {
  constexpr std::int64_t furthest = 999'999'999'999'999'999;
  for (const std::int64_t us : {furthest, -furthest}) {
    CHECK(decode<Beat>(encode(Beat{.at = timestamp_from_us(us)})));
    CHECK(event_from_json(to_json_line(Event{.lag = Duration{us}})));  // the notifier keeps lines
    const auto beyond = timestamp_from_us(us > 0 ? us + 1 : us - 1);
    CHECK(decode<Beat>(encode(Beat{.at = beyond})).error() ==
          "at: no time that can be reckoned with");
    CHECK_FALSE(decode<Targets>(encode(Targets{.lease = beyond.time_since_epoch()})));
  }
  CHECK_FALSE(decode<Beat>(encode(Beat{.at = Timestamp::max()})));
  CHECK_FALSE(decode<Beat>(encode(Beat{.at = Timestamp::min()})));
}

TEST_CASE("a sample travels as a short array", "[wire]") {
  const SampleBatch batch{"a1", {Sample{.target = 70'000, .probed_at = t0, .since = t0}}};
  CHECK(encode(batch).size() < 64);
}

TEST_CASE("what is beyond the limits and has nothing to be left out of is refused", "[wire]") {
  CHECK(decode<Goodbye>(encode(Goodbye{std::string(1 << 20, 'x')})));
  CHECK_FALSE(decode<Goodbye>(encode(Goodbye{std::string((1 << 20) + 1, 'x')})));
  CHECK_FALSE(decode<SampleBatch>(encode(SampleBatch{"a", std::vector<Sample>(100'001)})));
}

TEST_CASE("each message has its own topic", "[wire]") {
  const std::vector<std::string_view> topics = {
      topic_of<SampleBatch>(), topic_of<Event>(), topic_of<Beat>(),       topic_of<Hello>(),
      topic_of<Targets>(),     topic_of<Lease>(), topic_of<LeaseReply>(), topic_of<Replay>(),
      topic_of<Replayed>(),    topic_of<Ack>(),   topic_of<Command>(),    topic_of<Reply>(),
      topic_of<Goodbye>()};
  CHECK(topics == std::vector<std::string_view>{"samples", "event", "beat", "hello", "targets",
                                                "lease", "lease_reply", "replay", "replayed", "ack",
                                                "command", "reply", "goodbye"});
}

TEST_CASE("a header comes back as it went, and more of it is ignored", "[wire]") {
  const Header header{1, "prober p1", "b1", 1ULL << 40};
  const auto bytes = encode_header(header);
  CHECK(hex(bytes) == "9401a970726f626572207031a26231cf0000010000000000");
  CHECK(*decode_header(bytes) == header);
  CHECK(*decode_header(packed([](Packer& p) {
    p.pack_array(5);
    p.pack(2), p.pack("s"), p.pack("b"), p.pack(3), p.pack("more");
  })) == Header{2, "s", "b", 3});
  for (std::size_t length = 0; length < bytes.size(); ++length)
    CHECK_FALSE(decode_header(std::string_view(bytes).substr(0, length)));
  CHECK_FALSE(decode_header(bytes + "x"));
  for (const auto& value : values_of_all_types()) {
    CHECK_FALSE(decode_header(value));
    CHECK_FALSE(decode_header(bytes_of("94") + value + value + value + value));
  }
  CHECK(decode_header(bytes_of("94a131a173a16201")).error() ==
        "header.version: wrong type or out of range");
}
