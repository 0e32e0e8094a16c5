#include "common/messages/json_lines.hpp"

#include "tests/catch.hpp"
#include "tests/common/messages/random_messages.hpp"

using namespace stalewatch;
using namespace std::chrono_literals;

namespace {

constexpr auto t0 = timestamp_from_us(1'795'341'723'500'000);  // 2026-11-22T10:02:03.5Z

std::string duration_as_json(Duration d) {
  Event event{.kind = Kind::stale, .at = t0};
  event.lag = d;
  const auto line = to_json_line(event);
  const auto start = line.find("\"lag\":") + 6;
  return line.substr(start, line.find(',', start) - start);
}

}  // namespace

TEST_CASE("a sample is one line that people can read", "[json_lines]") {
  const NamedSample named{"p1",
                          "PROD",
                          {.probed_at = t0,
                           .took = 12345us,
                           .outcome = Outcome::http_status,
                           .streak = 2,
                           .since = t0 - 60s,
                           .http_status = 503,
                           .detail = "HTTP \"503\""}};
  const std::string line =
      R"({"prober":"p1","target":"PROD","news_seq":0,"probed_at":"2026-11-22T10:02:03.5Z",)"
      R"("took":0.012345,"outcome":"http_status","streak":2,"since":"2026-11-22T10:01:03.5Z",)"
      R"("http_status":503,"detail":"HTTP \"503\""})";
  CHECK(to_json_line(named) == line);
  const auto back = sample_from_json(line);
  REQUIRE(back);
  CHECK(*back == named);
}

TEST_CASE("an event is one line that people can read", "[json_lines]") {
  Event event{.seq = 7,
              .episode = 7,
              .kind = Kind::stale,
              .target = "PROD",
              .name = "Prod",
              .address = "http://h/v",
              .at = t0,
              .decided_at = t0 + 1us};
  event.age = 15min + 1us;
  event.notify = true;
  const std::string line =
      R"({"seq":7,"episode":7,"kind":"stale","target":"PROD","name":"Prod","address":"http://h/v",)"
      R"("at":"2026-11-22T10:02:03.5Z","decided_at":"2026-11-22T10:02:03.500001Z","age":900.000001,)"
      R"("inhibited":false,"announced":false,"late":false,"notify":true,"db_save":false})";
  CHECK(to_json_line(event) == line);
  const auto back = event_from_json(line);
  REQUIRE(back);
  CHECK(*back == event);
}

TEST_CASE("durations are exact decimals", "[json_lines]") {
  CHECK(duration_as_json(0s) == "0");
  CHECK(duration_as_json(1us) == "0.000001");
  CHECK(duration_as_json(-1us) == "-0.000001");
  CHECK(duration_as_json(100ms) == "0.1");
  CHECK(duration_as_json(-90s) == "-90");
  CHECK(duration_as_json(100s) == "100");
  CHECK(duration_as_json(Duration{9'007'199'254'740'993}) == "9007199254.740993");  // 2^53 + 1
  CHECK(duration_as_json(Duration::max()) == "9223372036854.775807");
  CHECK(duration_as_json(Duration::min()) == "-9223372036854.775808");
}

TEST_CASE("random samples and events come back as they went", "[json_lines]") {
  const unsigned seed = testing::random_seed();
  INFO("STALEWATCH_SEED=" << seed);
  testing::RandomMessages random(seed);
  for (int i = 0; i < 2000; ++i) {
    NamedSample named{"p\n1", "ключ", random.make<Sample>()};
    named.sample.target = 0;
    named.sample.outcome = named.sample.computed_at ? Outcome::ok : Outcome::dns;
    const auto line = to_json_line(named);
    CHECK(line.find('\n') == line.npos);
    const auto sample = sample_from_json(line);
    INFO(line);
    REQUIRE(sample);
    REQUIRE(*sample == named);

    const auto event = random.make<Event>();
    const auto back = event_from_json(to_json_line(event));
    INFO(to_json_line(event));
    REQUIRE(back);
    REQUIRE(*back == event);
  }
}

TEST_CASE("a line written by hand may be short", "[json_lines]") {
  const auto sample = sample_from_json(
      R"( {"target": "PROD", "probed_at": "2026-11-22 11:02:03,5+01:00", "outcome": "ok",
           "computed_at": "2026-11-22T10:02:03Z", "news_seq": null, "later": {"a": [1, {}]},
           "detail": null} )");
  REQUIRE(sample);
  CHECK(sample->target == "PROD");
  CHECK(sample->sample.probed_at == t0);
  CHECK(sample->sample.since == t0);
  CHECK(sample->sample.computed_at == t0 - 500ms);
  CHECK_FALSE(sample->sample.detail);

  const auto event = event_from_json(R"({"kind": "stale", "at": "2026-11-22T10:02:03.5Z"})");
  REQUIRE(event);
  CHECK(event->decided_at == t0);
}

TEST_CASE("a wrong line is refused with what is wrong", "[json_lines]") {
  struct Row {
    const char *line, *error;
  };
  const Row events[] = {
      {R"([])", "not a JSON object"},
      {R"([{"kind": "stale"}])", "not a JSON object"},
      {R"(7)", "not a JSON object"},
      {R"({})", "\"kind\" is missing"},
      {R"({"kind": "stale"})", "\"at\" is missing"},
      {R"({"kind": "No kind", "at": "2026-11-22T10:02:03Z"})",
       "\"kind\" is not a known name: \"No kind\""},
      {R"({"kind": 2, "at": "2026-11-22T10:02:03Z"})", "\"kind\" is not a known name: \"2\""},
      {R"({"kind": "stale", "at": 1795341723})", "\"at\" is not a time as text"},
      {R"({"kind": "stale", "at": null})", "\"at\" is missing"},
      {R"({"kind": "stale", "at": "2026-11-22T25:02:03Z"})", "\"at\" is not a time: hour 25"},
      {R"({"kind": "stale", "at": "2026-11-22T10:02:03"})", "\"at\" is a time without an offset"},
      {R"({"kind": "stale", "at": "2026-11-22T10:02:03Z", "seq": "7"})",
       "\"seq\" is not a whole number in its range"},
      {R"({"kind": "stale", "at": "2026-11-22T10:02:03Z", "seq": 7.5})",
       "\"seq\" is not a whole number in its range"},
      {R"({"kind": "stale", "at": "2026-11-22T10:02:03Z", "seq": 9223372036854775808})",
       "\"seq\" is not a whole number in its range"},
      {R"({"kind": "stale", "at": "2026-11-22T10:02:03Z", "observers_of": 4294967296})",
       "\"observers_of\" is not a whole number in its range"},
      {R"({"kind": "stale", "at": "2026-11-22T10:02:03Z", "notify": 1})",
       "\"notify\" is not true or false"},
      {R"({"kind": "stale", "at": "2026-11-22T10:02:03Z", "name": ["x"]})",
       "\"name\" is not a string"},
      {R"({"kind": "stale", "at": "2026-11-22T10:02:03Z", "lag": "1"})",
       "\"lag\" is not a number of seconds"},
      {R"({"kind": "stale", "at": "2026-11-22T10:02:03Z", "lag": 1e30})",
       "\"lag\" is not a number of seconds: too large for a time"},
  };
  for (const auto& row : events) {
    const auto event = event_from_json(row.line);
    CAPTURE(row.line);
    REQUIRE_FALSE(event);
    CHECK(event.error() == row.error);
  }
  const Row samples[] = {
      {R"({"probed_at": "2026-11-22T10:02:03Z", "outcome": "ok"})", "\"target\" is missing"},
      {R"({"target": "P", "outcome": "ok"})", "\"probed_at\" is missing"},
      {R"({"target": "P", "probed_at": "2026-11-22T10:02:03Z"})", "\"outcome\" is missing"},
      {R"({"target": 7, "probed_at": "2026-11-22T10:02:03Z", "outcome": "dns"})",
       "\"target\" is not a string"},
      {R"({"target": "P", "probed_at": "2026-11-22T10:02:03Z", "outcome": "ok"})",
       "\"computed_at\" is missing"},
      {R"({"target": "P", "probed_at": "2026-11-22T10:02:03Z", "outcome": "dns",
           "computed_at": "2026-11-22T10:02:03Z"})",
       "\"computed_at\" is there though the outcome is not ok"},
      {R"({"target": "P", "probed_at": "2026-11-22T10:02:03Z", "outcome": "dns",
           "http_status": 65536})",
       "\"http_status\" is not a whole number in its range"},
      {R"({"target": "P", "probed_at": "2026-11-22T10:02:03Z", "outcome": "dns", "streak": -1})",
       "\"streak\" is not a whole number in its range"},
  };
  for (const auto& row : samples) {
    const auto sample = sample_from_json(row.line);
    CAPTURE(row.line);
    REQUIRE_FALSE(sample);
    CHECK(sample.error() == row.error);
  }
}

TEST_CASE("an outcome that only a newer version knows is unknown, what cannot be one is refused",
          "[json_lines]") {
  const auto line_with = [](const std::string& outcome) {
    return R"({"target": "P", "probed_at": "2026-11-22T10:02:03Z", "outcome": )" + outcome + "}";
  };
  for (const auto* outcome : {R"("unknown")", R"("quic_refused")"}) {
    const auto named = sample_from_json(line_with(outcome));
    REQUIRE(named);
    CHECK(named->sample.outcome == Outcome::unknown);
  }
  for (const auto* outcome : {"\"OK\"", "\"\"", "\"two words\"", "11", "true", "[1]"})
    CHECK_THAT(sample_from_json(line_with(outcome)).error(),
               Catch::Matchers::StartsWith("\"outcome\" is not a known name: "));
}

TEST_CASE("what is not JSON is refused without a throw", "[json_lines]") {
  const auto line = to_json_line(Event{.kind = Kind::stale, .at = t0});
  for (std::size_t length = 0; length < line.size(); ++length)
    CHECK_FALSE(event_from_json(line.substr(0, length)));
  for (const std::string bad :
       {"", " ", "{", "}", "stale", "{\"kind\": \"\xff\"}", "{\"kind\": \"\x1b\"}", "{} {}",
        "{\"seq\": 1e999}", "{'kind': 1}", "{\"kind\": \"\\ud800\"}"}) {
    CHECK_FALSE(event_from_json(bad));
    CHECK_FALSE(sample_from_json(bad));
  }
  CHECK_FALSE(event_from_json(std::string(1'000'000, '[')));
  CHECK_FALSE(event_from_json(line + '\0'));
  CHECK_FALSE(event_from_json(line + '\0' + "more"));
  const auto error = event_from_json("{\"kind\": \"\x1b[31m\"}").error();
  CHECK(error.find('\x1b') == error.npos);
  CHECK(error.starts_with("not JSON: "));
  CHECK_THAT(error, !Catch::Matchers::ContainsSubstring("json.exception"));
}

TEST_CASE("lines are valid UTF-8 whatever their content", "[json_lines]") {
  Event event{.kind = Kind::stale, .name = "a\xff\x1b", .at = t0};
  const auto back = event_from_json(to_json_line(event));
  REQUIRE(back);
  CHECK(back->name == "a\xef\xbf\xbd\x1b");
}
