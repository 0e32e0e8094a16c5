#include "mock_server/change.hpp"

#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::mock_server;
using namespace std::chrono_literals;

namespace {

Change read(std::string_view spec) {
  const auto words = split_spec(spec);
  REQUIRE(words);
  const auto change = parse_change(*words);
  INFO((change ? "" : change.error()));
  REQUIRE(change);
  return *change;
}

std::string error_of(std::string_view spec) {
  const auto words = split_spec(spec);
  if (!words) return words.error();
  const auto change = parse_change(*words);
  return change ? "" : change.error();
}

}  // namespace

TEST_CASE("a spec is a mode and keys, or a JSON object of the same words", "[mock_server]") {
  for (const char* spec :
       {"frozen,every=5s,format=epoch_ms,age=20m",
        R"({"mode": "frozen", "every": "5s", "format": "epoch_ms", "age": "20m"})",
        "mode=frozen,age=20m,every=5s,format=epoch_ms"}) {
    INFO(spec);
    const Change change = read(spec);
    CHECK(change.mode == Mode::ok);
    CHECK(change.data == DataMode::frozen);
    CHECK(change.every == 5s);
    CHECK(change.age == 20min);
    CHECK(change.format == "epoch_ms");
    CHECK_FALSE(change.temporary());
  }
}

TEST_CASE("every mode that the messages list is understood", "[mock_server]") {
  CHECK(known_modes().size() == 25);
  for (const auto& mode : known_modes()) {
    INFO(mode);
    CHECK(error_of(mode == "value" ? "value:0" : mode).empty());
  }
}

TEST_CASE("modes take their argument after a colon", "[mock_server]") {
  CHECK(read("status:503").status == 503);
  CHECK(read("redirect:307,to=/other").status == 307);
  CHECK(read("value:\"a:b\"").value == "\"a:b\"");
  CHECK(read("value:0").value == "0");
  CHECK(read("fail_once").mode == Mode::status);
  CHECK(read("fail_once").count == 1);
  CHECK(read(R"({"mode": "value", "value": "soon"})").value == "\"soon\"");
  CHECK(read(R"({"mode": "value", "value": null})").value == "null");
  CHECK(read(R"({"mode": "status", "status": 404})").status == 404);
}

TEST_CASE("signed and special values are read", "[mock_server]") {
  CHECK(read("date_offset=-5m").date_offset == -5min);
  CHECK(read("date_offset=+5m").date_offset == 5min);
  CHECK(read("utc_offset=-03:30").utc_offset == -210min);
  CHECK(read("utc_offset=+0200").utc_offset == 120min);
  CHECK(read("utc_offset=Z").utc_offset == 0min);
  CHECK(read("size=64KiB").size == 65536);
  CHECK(read("size=10MiB").size == 10485760);
  CHECK(read("date=off").date == false);
  CHECK(read("digits=auto").digits == -1);
  CHECK(read("frozen,at=2026-11-22T10:02:03.5Z").at == timestamp_from_us(1795341723500000));
  CHECK(read("hang,for=10s").for_duration == 10s);
  CHECK(read("hang,count=3").count == 3);
  CHECK(read("hang,count=3").temporary());
}

TEST_CASE("a wrong word is named with what is allowed", "[mock_server]") {
  struct Row {
    std::string spec;
    std::string error;
  };
  const Row rows[] = {
      {"ok,evry=5s", "unknown key \"evry\"; allowed: mode, status, to, value, every, "},
      {"ok,5s", "expected key=value, got \"5s\"; allowed keys: mode, "},
      {"frozzen", "mode: expected one of updates, frozen, older, ok, "},
      {"status:99", "mode: expected status:CODE with a code from 200 to 599, got \"status:99\""},
      {"status:abc", "mode: expected status:CODE with a code from 200 to 599, got \"status:abc\""},
      {"redirect:200", "mode: expected redirect:CODE with a code from 300 to 399, got "},
      {"hang:5", "mode: expected hang without an argument, got \"hang:5\""},
      {"value:soon", "mode: expected value:JSON, texts in quotes, got \"value:soon\""},
      {"value", "mode value needs a value, as in value:\"soon\""},
      {"every=5", "every: expected a duration above 0 such as 200ms, 5s or 20m, got \"5\""},
      {"every=0s", "every: expected a duration above 0 such as"},
      {"count=0", "count: expected a number of answers, at least 1, got \"0\""},
      {"format=iso", "format: expected a pattern with % or one of epoch_ms, "},
      {"utc_offset=2", "utc_offset: expected an offset such as +02:00, got \"2\""},
      {"utc_offset=+02:60", "utc_offset: expected an offset"},
      {"size=2000MiB", "size: expected bytes, up to 1024MiB, such as"},
      {"digits=10", "digits: expected 0 to 9, or auto, got \"10\""},
      {"to=a\nb", "to: expected a path or a URL, got \"a\\nb\""},
      {"hang,age=5m", "age belongs to mode updates or frozen"},
      {"updates,at=2026-11-22T10:02:03Z", "at belongs to mode frozen"},
      {"frozen,at=2026-11-22T10:02:03Z,age=1m", "at and age exclude each other"},
      {"frozen,by=1m", "by belongs to mode older"},
      {"{\"mode\": ", "expected a JSON object such as"},
      {"{\"mo\\u001bde\": 1}", "unknown key \"mo\\x1bde\"; allowed: "},
  };
  for (const auto& row : rows) {
    INFO(row.spec);
    const std::string error = error_of(row.spec);
    CHECK(error.substr(0, row.error.size()) == row.error);
  }
}
