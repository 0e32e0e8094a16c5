#include "mock_server/hook.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace stalewatch;
using namespace stalewatch::mock_server;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr Timestamp t0 = timestamp_from_us(1795341723000000);
constexpr const char* json_type = "application/json";

HookCall call_with(std::string body, std::string type = json_type) {
  return {"id/token", "127.0.0.1", std::move(type), std::move(body)};
}

std::string header(const Answer& answer, const std::string& name) {
  for (const auto& [key, value] : answer.headers)
    if (key == name) return value;
  return "";
}

bool last_posted(const Hooks& hooks) {
  return json::parse(hooks.received_json())["received"].back()["posted"];
}

}  // namespace

TEST_CASE("the webhook answers bodies as Rocket.Chat does", "[mock_server]") {
  const char* refused_field = "Invalid attachment field, title and value is required";
  const char* refused_link = "Invalid href value provided";
  struct Row {
    std::string body;
    int status;
    bool posted;
    std::string error;
    std::string type = json_type;
  };
  const Row rows[] = {
      {R"({"text": "hello"})", 200, true, ""},
      {R"({"text": "hello"})", 200, true, "", "application/json; charset=utf-8"},
      // success, and nothing posted:
      {"", 200, false, ""},
      {"{}", 200, false, ""},
      {R"([{"text": "hello"}])", 200, false, ""},
      {R"({"text": "hel)", 200, false, ""},
      {"{\"text\": \"\xff\"}", 200, false, ""},
      {R"({"text": "hello"})", 200, false, "", "text/plain"},
      // forms
      {"payload=%7B%22text%22%3A+%22hi%22%7D", 200, true, "", "application/x-www-form-urlencoded"},
      {"payload=%7B%22text%22%3A1%7D&x=1", 200, false, "", "application/x-www-form-urlencoded"},
      // attachments
      {R"({"attachments": [{"title": "a", "fields": [{"title": "b", "value": "0"}]}]})", 200, true,
       ""},
      {R"({"attachments": [{"fields": [{"title": "b", "value": 0}]}]})", 400, false, refused_field},
      {R"({"attachments": [{"fields": [{"title": "b", "value": false}]}]})", 400, false,
       refused_field},
      {R"({"attachments": [{"fields": [{"title": "b", "value": ""}]}]})", 400, false,
       refused_field},
      {R"({"attachments": [{"fields": [{"title": "", "value": "c"}]}]})", 400, false,
       refused_field},
      {R"({"attachments": [{"fields": [{"value": "c"}]}]})", 400, false, refused_field},
      {R"({"attachments": [{"title_link": "/relative"}]})", 400, false, refused_link},
      {R"({"attachments": [{"image_url": "javascript:x"}]})", 400, false, refused_link},
      {R"({"attachments": [{"title_link": "https://example.com/"}]})", 200, true, ""},
      {R"({"attachments": [{"color": 5}]})", 400, false,
       "Match error: Expected string, got number in field color"},
      {R"({"text": "x", "attachments": {"title": "not a list"}})", 200, true, ""},
      {R"({"text": "x", "alias": 1})", 400, false,
       "Match error: Expected string, got number in field alias"},
      {R"({"text": "x", "icon_url": "relative.png"})", 400, false, refused_link},
      {R"({"text": "x", "channel": "#a"})", 400, false,
       "overriding destination channel is disabled for this integration"},
      {R"({"text": "x", "channel": ""})", 200, true, ""},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    Hooks hooks;
    const Answer answer = hooks.call(call_with(row.body, row.type), Settings{}, t0);
    CHECK(answer.status == row.status);
    CHECK(last_posted(hooks) == row.posted);
    const json reply = json::parse(answer.body);
    CHECK(reply["success"] == (row.status == 200));
    CHECK(reply.value("error", "") == row.error);
  }
}

TEST_CASE("the webhook's permissions are as the rules say", "[mock_server]") {
  Hooks hooks;
  hooks.rules.permissions = {.channel_override = true, .impersonation = false};
  CHECK(hooks.call(call_with(R"({"text": "x", "channel": "#a"})"), Settings{}, t0).status == 200);
  const Answer refused = hooks.call(call_with(R"({"text": "x", "alias": "me"})"), Settings{}, t0);
  CHECK(refused.status == 400);
  CHECK(json::parse(refused.body)["error"] == "Not enough permission");
  hooks.rules.tokens = {"id/other"};
  CHECK(hooks.call(call_with(R"({"text": "x"})"), Settings{}, t0).status == 404);
}

TEST_CASE("the eleventh call within a minute gets 429 until the window is over", "[mock_server]") {
  Hooks hooks;
  const HookCall call = call_with(R"({"text": "x"})");
  for (int i = 0; i < 10; ++i) {
    const Answer answer = hooks.call(call, Settings{}, t0 + i * 1s);
    CHECK(answer.status == 200);
    CHECK(header(answer, "X-RateLimit-Remaining") == std::to_string(9 - i));
  }
  const Answer limited = hooks.call(call, Settings{}, t0 + 20500ms);
  CHECK(limited.status == 429);
  CHECK(header(limited, "X-RateLimit-Limit") == "10");
  CHECK(header(limited, "X-RateLimit-Reset") == "1795341783000");
  CHECK(json::parse(limited.body)["error"] ==
        "Error, too many requests. Please slow down. You must wait 40 seconds before trying this "
        "endpoint again. "
        "[error-too-many-requests]");
  CHECK_FALSE(last_posted(hooks));
  CHECK(hooks.call(call, Settings{}, t0 + 60s).status == 429);
  CHECK(hooks.call(call, Settings{}, t0 + 60s + 1us).status == 200);

  HookCall other = call;
  other.client = "127.0.0.2";
  for (int i = 0; i < 10; ++i) CHECK(hooks.call(other, Settings{}, t0).status == 200);
}

TEST_CASE("a webhook that was told to fail does so, and says whether it posted", "[mock_server]") {
  struct Row {
    std::string spec;
    int status;
    bool posted;
    std::string body;
  };
  const Row rows[] = {
      {"status:401", 401, false,
       R"({"message":"You must be logged in to do this.","status":"error"})"},
      {"status:503", 503, false, R"({"error":"Service Unavailable","success":false})"},
      {"status:500", 500, false, R"({"error":"Internal server error","success":false})"},
      {"status:404", 404, false,
       R"({"error":"Invalid integration id or token provided.","success":false})"},
      {"success_false", 200, false, R"({"error":"error-running-script","success":false})"},
      {"hang", 200, false, ""},
      {"refuse", 200, false, ""},
      {"reset", 200, true, ""},
      {"ok,sleep=2s", 200, true, R"({"success":true})"},
  };
  for (const auto& row : rows) {
    INFO(row.spec);
    Hooks hooks;
    const Settings settings = changed(Settings{}, *parse_change(*split_spec(row.spec)), t0);
    const Answer answer = hooks.call(call_with(R"({"text": "x"})"), settings, t0);
    CHECK(answer.status == row.status);
    CHECK(last_posted(hooks) == row.posted);
    if (!row.body.empty()) CHECK(answer.body == row.body);
  }
}

TEST_CASE("what was received is listed and can be cleared", "[mock_server]") {
  Hooks hooks;
  hooks.call(call_with(R"({"text": "x"})"), Settings{}, t0);
  hooks.call(call_with("nonsense"), Settings{}, t0 + 1s);
  const json list = json::parse(hooks.received_json())["received"];
  REQUIRE(list.size() == 2);
  CHECK(list[0]["body"]["text"] == "x");
  CHECK(list[0]["hook"] == "id/token");
  CHECK(list[0]["at"] == "2026-11-22T10:02:03Z");
  CHECK(list[1]["body"].is_null());
  CHECK(list[1]["raw"] == "nonsense");
  CHECK(list[1]["status"] == 200);
  hooks.clear_received();
  CHECK(json::parse(hooks.received_json())["received"].empty());
}

TEST_CASE("a rate is calls per time, or off", "[mock_server]") {
  CHECK(*parse_rate("10/60s") == HookRate{10, 60s});
  CHECK(parse_rate("off")->calls == 0);
  for (const char* wrong : {"", "10", "0/60s", "10/", "x/60s", "10/0s", "10/60"}) {
    INFO(wrong);
    CHECK_FALSE(parse_rate(wrong));
  }
}
