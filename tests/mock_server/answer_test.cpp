#include "mock_server/answer.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <algorithm>

using namespace stalewatch;
using namespace stalewatch::mock_server;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr Timestamp t0 = timestamp_from_us(1795341723000000);  // 2026-11-22T10:02:03Z

Answer answer_to(std::string_view spec, Timestamp now = t0) {
  PathState state;
  apply(state, *parse_change(*split_spec("updates")), t0);
  const auto change = parse_change(*split_spec(spec));
  INFO((change ? "" : change.error()));
  REQUIRE(change);
  apply(state, *change, t0);
  return make_answer(take(state, now), "/version", now);
}

std::string header(const Answer& answer, const std::string& name) {
  for (const auto& [key, value] : answer.headers)
    if (key == name) return value;
  return "";
}

std::string unpacked(const std::string& packed, std::size_t room) {
  std::string out(room, '\0');
  std::string input = packed;
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("an untouched path answers like the script's mock server", "[mock_server]") {
  const Answer answer = answer_to("updates");
  CHECK(answer.status == 200);
  CHECK(answer.body ==
        R"({"name":"version","version":"1.0.0","computed_time":"2026-11-22T10:02:03Z"})");
  CHECK(answer.computed_at == t0);
  CHECK(answer.delivery == Delivery::whole);
  CHECK(header(answer, "Date") == "Sun, 22 Nov 2026 10:02:03 GMT");
  CHECK(answer.mode == "updates");
}

TEST_CASE("the time stands where the field path says", "[mock_server]") {
  struct Row {
    std::string field;
    std::string pointer;  ///< where it must be found, by another library
  };
  const Row rows[] = {
      {"computed_time", "/computed_time"},
      {"data.lastTime", "/data/lastTime"},
      {"items.0.mtime", "/items/0/mtime"},
      {"/items/2/mtime", "/items/2/mtime"},
      {"/a~1b/c~0d", "/a~1b/c~0d"},
      {"a b.\"q\"", "/a b/\"q\""},
      {"0.time", "/0/time"},
      {"/with.dot", "/with.dot"},
  };
  for (const auto& row : rows) {
    INFO(row.field);
    const json body = json::parse(json_with_field(row.field, "42", "\"name\":\"x\""));
    CHECK(body.at(json::json_pointer(row.pointer)) == 42);
  }
}

TEST_CASE("every mode answers as the table says", "[mock_server]") {
  struct Row {
    std::string spec;
    int status;
    Delivery delivery;
    bool says_time;
    std::string mode;
  };
  const Row rows[] = {
      {"updates,every=5s", 200, Delivery::whole, true, "updates"},
      {"frozen,age=20m", 200, Delivery::whole, true, "frozen"},
      {"older,by=1m", 200, Delivery::whole, true, "updates"},
      {"status:404", 404, Delivery::whole, false, "status:404"},
      {"status", 500, Delivery::whole, false, "status:500"},
      {"status:204", 204, Delivery::whole, false, "status:204"},
      {"status:304", 304, Delivery::whole, false, "status:304"},
      {"redirect,to=/other", 302, Delivery::whole, false, "redirect:302"},
      {"redirect:307,to=/other", 307, Delivery::whole, false, "redirect:307"},
      {"refuse", 200, Delivery::refuse, false, "refuse"},
      {"reset", 200, Delivery::reset, false, "reset"},
      {"close_mid_body", 200, Delivery::close_mid_body, false, "close_mid_body"},
      {"hang", 200, Delivery::hang, false, "hang"},
      {"trickle", 200, Delivery::trickle, true, "trickle"},
      {"big_body", 200, Delivery::whole, false, "big_body"},
      {"gzip_bomb", 200, Delivery::whole, false, "gzip_bomb"},
      {"gzip", 200, Delivery::whole, true, "gzip"},
      {"chunked", 200, Delivery::chunked, true, "chunked"},
      {"html", 200, Delivery::whole, false, "html"},
      {"truncated_json", 200, Delivery::whole, false, "truncated_json"},
      {"empty", 200, Delivery::whole, false, "empty"},
      {"invalid_utf8", 200, Delivery::whole, true, "invalid_utf8"},
      {"field_missing", 200, Delivery::whole, false, "field_missing"},
      {"field_null", 200, Delivery::whole, false, "field_null"},
      {"field_object", 200, Delivery::whole, false, "field_object"},
      {"value:\"soon\"", 200, Delivery::whole, false, "value:\"soon\""},
      {"success_false", 200, Delivery::whole, false, "success_false"},
      {"ok,status=503", 503, Delivery::whole, false, "updates"},
  };
  for (const auto& row : rows) {
    INFO(row.spec);
    const Answer answer = answer_to(row.spec);
    CHECK(answer.status == row.status);
    CHECK(answer.delivery == row.delivery);
    CHECK(answer.computed_at.has_value() == row.says_time);
    CHECK(answer.mode == row.mode);
  }
}

TEST_CASE("bodies are broken in the way that their mode is called", "[mock_server]") {
  CHECK(answer_to("empty").body.empty());
  CHECK(answer_to("status:204").body.empty());
  CHECK(answer_to("html").content_type == "text/html; charset=utf-8");
  CHECK_FALSE(json::accept(answer_to("html").body));
  CHECK_FALSE(json::accept(answer_to("truncated_json").body));
  CHECK_FALSE(json::accept(answer_to("invalid_utf8").body));
  CHECK_FALSE(json::parse(answer_to("field_missing").body).contains("computed_time"));
  CHECK(json::parse(answer_to("field_null").body)["computed_time"].is_null());
  CHECK(json::parse(answer_to("field_object").body)["computed_time"].is_object());
  CHECK(json::parse(answer_to("value:\"2026-02-30\"").body)["computed_time"] == "2026-02-30");
  CHECK(json::parse(answer_to("value:0").body)["computed_time"] == 0);
  CHECK(
      json::parse(answer_to("field_null,field=data.lastTime").body)["data"]["lastTime"].is_null());
  CHECK(header(answer_to("redirect:301,to=/other"), "Location") == "/other");
  CHECK(header(answer_to("redirect"), "Location") == "/version");  // a loop
}

TEST_CASE("big bodies have the size asked for, and bombs unpack to it", "[mock_server]") {
  const Answer big = answer_to("big_body");
  CHECK(big.body.size() == 10 << 20);
  CHECK(big.body.ends_with("0\"}"));
  CHECK(json::accept(answer_to("big_body,size=1KiB").body));
  const Answer bomb = answer_to("gzip_bomb,size=256KiB");
  CHECK(bomb.body.size() < 8 << 10);
  CHECK(header(bomb, "Content-Encoding") == "gzip");
  const std::string content = unpacked(bomb.body, 1 << 20);
  CHECK(content.size() == 256 << 10);
  CHECK(json::accept(content));
  const Answer packed = answer_to("gzip");
  CHECK(unpacked(packed.body, 4096) == answer_to("updates").body);
}

TEST_CASE("the Date header is off by what was asked, or missing", "[mock_server]") {
  CHECK(header(answer_to("date_offset=-5m"), "Date") == "Sun, 22 Nov 2026 09:57:03 GMT");
  CHECK(header(answer_to("date=off"), "Date").empty());
  CHECK(header(answer_to("age_header=30"), "Age") == "30");
}
