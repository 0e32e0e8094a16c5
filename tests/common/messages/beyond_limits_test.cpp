// One element that is larger or deeper than anything that is sent spoils nothing but itself.

#include "common/messages/wire.hpp"
#include "tests/catch.hpp"

#include <msgpack.hpp>
#include <sys/resource.h>

#include <functional>

using namespace stalewatch;

namespace {

constexpr auto t0 = timestamp_from_us(1'795'341'723'500'000);
using Packer = msgpack::packer<msgpack::sbuffer>;

std::string packed(const std::function<void(Packer&)>& write) {
  msgpack::sbuffer buffer;
  Packer p(buffer);
  write(p);
  return {buffer.data(), buffer.size()};
}

std::string nested(char opening, std::size_t depth) {
  std::string bytes;
  for (std::size_t i = 0; i < depth; ++i) {
    bytes += opening;
    if (opening == '\x81') bytes += "\xa1k";
  }
  return bytes + '\xc0';
}

struct Value {
  const char* what;
  std::string bytes;
  const char* why = "larger or deeper than any that is sent";
};
std::vector<Value> values_beyond() {
  constexpr auto begins_within = "wrong type or out of range";
  return {
      {"arrays 9 deep", nested('\x91', 9), begins_within},
      {"arrays 1,000,000 deep", nested('\x91', 1'000'000), begins_within},
      {"maps 500,000 deep", nested('\x81', 500'000), begins_within},
      {"20,001 elements", packed([](Packer& p) { p.pack(std::vector<int>(20'001)); })},
      {"20,001 lists of two", packed([](Packer& p) {
         p.pack(std::vector<std::vector<int>>(20'001, {1, 2}));
       })},
      {"10,001 entries", packed([](Packer& p) {
         p.pack_map(10'001);
         for (int i = 0; i < 10'001; ++i) p.pack(i), p.pack_map(0);
       })},
      {"a long text", packed([](Packer& p) { p.pack(std::string((1 << 20) + 1, 'x')); })},
      {"long bytes", packed([](Packer& p) { p.pack(std::vector<char>((1 << 20) + 1)); })},
      {"a long extension", packed([](Packer& p) {
         p.pack_ext(1025, 1);
         p.pack_ext_body(std::string(1025, 'x').data(), 1025);
       })},
  };
}

/// An encoded element: first another entry, then its own.
std::string with_entry(const std::string& map, const std::string& name, const std::string& value) {
  const bool is_short = (static_cast<unsigned char>(map[0]) & 0xf0) == 0x80;
  const auto own = is_short ? static_cast<std::uint32_t>(map[0] & 0x0f)
                            : static_cast<std::uint32_t>(static_cast<unsigned char>(map[2]));
  return packed([&](Packer& p) { p.pack_map(own + 1), p.pack(name); }) + value +
         map.substr(is_short ? 1 : 3);
}

/// An encoded element: one of its own entries has another value.
std::string with_value(const std::string& map, const std::string& name, const std::string& value) {
  const auto key = packed([&](Packer& p) { p.pack(name); });
  const auto from = map.find(key) + key.size();
  REQUIRE(map.find(key) != map.npos);
  std::size_t to = from;
  msgpack::unpack(map.data(), map.size(), to);
  return map.substr(0, from) + value + map.substr(to);
}

std::string exchanged(const std::string& bytes, const std::string& good, const std::string& bad) {
  const auto at = bytes.find(good);
  REQUIRE(at != bytes.npos);
  return bytes.substr(0, at) + bad + bytes.substr(at + good.size());
}

std::vector<Event> three_events() {
  std::vector<Event> events;
  for (int i = 0; i < 3; ++i)
    events.push_back({.seq = 7 + i, .kind = Kind::stale, .target = "P", .at = t0});
  return events;
}

Event unreadable_event(std::int64_t seq) {
  Event event{.seq = seq};
  event.unreadable = true;
  return event;
}

template <typename M>
M in_part(const std::string& bytes, const std::string& first_refusal) {
  Refusals refused;
  auto message = decode<M>(bytes, refused);
  REQUIRE(message);
  CHECK(refused.first == first_refusal);
  CHECK(refused.count == (first_refusal.empty() ? 0 : 1));
  return *std::move(message);
}

}  // namespace

TEST_CASE("an event: what is unknown may hold anything, what is optional is left out",
          "[wire][beyond limits]") {
  const auto event = three_events()[1];
  for (const auto& [what, value, why] : values_beyond()) {
    INFO(what);
    CHECK(in_part<Event>(with_entry(encode(event), "extra", value), "") == event);
    CHECK(in_part<Event>(with_entry(encode(event), "detail", value),
                         std::string("detail: ") + why) == event);
    Refusals refused;
    CHECK(decode<Event>(with_value(encode(event), "seq", value), refused).error() ==
          std::string("seq: ") + why);
  }
}

TEST_CASE("a page: the event keeps its place, or nothing is amiss with it",
          "[wire][beyond limits]") {
  const auto events = three_events();
  const auto good = encode(events[1]);
  const auto bytes = encode(Replayed{"j", 6, 1, 9, events, true});
  const std::vector<Event> without = {events[0], unreadable_event(8), events[2]};
  for (const auto& [what, value, why] : values_beyond()) {
    INFO(what);
    const auto page = [&](const std::string& bad, const std::string& first_refusal) {
      return in_part<Replayed>(exchanged(bytes, good, bad), first_refusal).events;
    };
    CHECK(page(with_entry(good, "extra", value), "") == events);
    CHECK(page(with_value(good, "kind", value), std::string("events: [1]: kind: ") + why) ==
          without);
    if (!value.starts_with('\x91') && !value.starts_with('\x81'))  // an element, to begin with
      CHECK(page(value, std::string("events: [1]: ") + why) == without);
  }
}

TEST_CASE("a batch: the sample keeps its number, or nothing is amiss with it",
          "[wire][beyond limits]") {
  const std::vector<Sample> samples = {{.target = 1, .news_seq = 1},
                                       {.target = 70'000, .news_seq = 2},
                                       {.target = 3, .news_seq = 3}};
  const auto batch = [&](const std::string& sample, const std::string& first_refusal) {
    const auto bytes = packed([](Packer& p) { p.pack_array(2), p.pack("a1"), p.pack_array(3); });
    const auto element = [](const Sample& s) { return encode(SampleBatch{"", {s}}).substr(3); };
    return in_part<SampleBatch>(bytes + element(samples[0]) + sample + element(samples[2]),
                                first_refusal)
        .samples;
  };
  const auto numbers = [](Packer& p) { p.pack(70'000), p.pack(2); };
  const auto longer = packed([&](Packer& p) {
    p.pack_array(16);
    numbers(p);
    for (const int value : {0, 0, 0, 1, 0, 0}) p.pack(value);
    for (int i = 0; i < 7; ++i) p.pack_nil();
  });
  const auto in_the_middle = packed([&](Packer& p) { p.pack_array(3), numbers(p); });
  const std::vector<Sample> without = {
      samples[0], {.target = 70'000, .news_seq = 2, .unreadable = true}, samples[2]};
  for (const auto& [what, value, why] : values_beyond()) {
    INFO(what);
    CHECK(batch(longer + value, "") == samples);
    CHECK(batch(in_the_middle + value, std::string("samples: [1]: probed_at: ") + why) == without);
  }
}

TEST_CASE("an assignment: the target is left out, or nothing is amiss with it",
          "[wire][beyond limits]") {
  const std::vector<TargetSpec> specs = {
      {.id = 1, .key = "A"}, {.id = 2, .key = "B"}, {.id = 3, .key = "C"}};
  const auto bytes = encode(Targets{.assignment = "a1", .added = specs});
  const auto all = encode(Targets{.assignment = "a1", .added = {specs[1]}});
  const auto good = all.substr(all.find("\xde"), encoded_size(specs[1]));
  for (const auto& [what, value, why] : values_beyond()) {
    INFO(what);
    const auto added = [&](const std::string& bad, const std::string& first_refusal) {
      return in_part<Targets>(exchanged(bytes, good, bad), first_refusal).added;
    };
    CHECK(added(with_entry(good, "extra", value), "") == specs);
    CHECK(added(with_value(good, "headers", value), std::string("added: [1]: headers: ") + why) ==
          std::vector{specs[0], specs[2]});
  }
}

TEST_CASE("problems: the one is marked, or nothing is amiss with it", "[wire][beyond limits]") {
  const auto problems = three_events();
  const auto good = encode(problems[1]);
  const auto bytes = encode(Reply{1, true, "3 open", "j", 9, problems});
  for (const auto& [what, value, why] : values_beyond()) {
    INFO(what);
    CHECK(in_part<Reply>(exchanged(bytes, good, with_entry(good, "extra", value)), "").problems ==
          problems);
    const auto read = in_part<Reply>(exchanged(bytes, good, with_value(good, "at", value)),
                                     std::string("problems: [1]: at: ") + why);
    CHECK(read.problems == std::vector{problems[0], unreadable_event(8), problems[2]});
  }
}

TEST_CASE("of the bytes of the largest frame no more is made than a few dozen times as much",
          "[wire][beyond limits]") {
  const auto resident_kb = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const auto before = resident_kb();
  std::string wide;  // as much of it within the limits as there is room for
  while (wide.size() < max_frame_bytes - 40'000)
    wide += packed([](Packer& p) { p.pack(std::vector<int>(20'000)); });
  const auto count = static_cast<std::uint32_t>(wide.size() / 20'003);
  for (const auto& value :
       {nested('\x91', max_frame_bytes - 1'000), nested('\x81', max_frame_bytes / 3 - 1'000),
        packed([&](Packer& p) { p.pack_array(count); }) + wide}) {
    const auto bytes = with_entry(encode(three_events()[0]), "extra", value);
    REQUIRE(bytes.size() < max_frame_bytes);
    CHECK(in_part<Event>(bytes, "") == three_events()[0]);
  }
  CHECK(resident_kb() - before < 1'000'000);  // sanitizers need more than we
}
