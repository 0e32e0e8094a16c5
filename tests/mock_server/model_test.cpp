#include "mock_server/model.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace stalewatch;
using namespace stalewatch::mock_server;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr Timestamp t0 = timestamp_from_us(1795341723000000);

int status_of(Model& model, const std::string& path, Timestamp now = t0) {
  const auto answer = model.answer(path, {}, now);
  REQUIRE(answer);
  return answer->status;
}

}  // namespace

TEST_CASE("every path is a server of its own", "[mock_server]") {
  Model model(t0);
  REQUIRE(model.control(R"({"path": "/a", "mode": "status:500"})", t0));
  REQUIRE(model.set_path("/b=frozen,age=20m", t0));
  CHECK(status_of(model, "/a") == 500);
  CHECK(status_of(model, "/c") == 200);
  CHECK(model.answer("/b", {}, t0 + 1h)->computed_at == t0 - 20min);
  CHECK(model.answer("/c", {}, t0 + 25s)->computed_at == t0 + 20s);
}

TEST_CASE("a query changes one answer only, and unknown parameters nothing", "[mock_server]") {
  Model model(t0);
  CHECK(model.answer("/a", {{"mode", "status:503"}}, t0)->status == 503);
  CHECK(status_of(model, "/a") == 200);
  CHECK(model.answer("/a", {{"token", "x"}}, t0)->status == 200);
  const auto wrong = model.answer("/a", {{"mode", "nonsense"}}, t0);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().starts_with("mode: expected one of "));
}

TEST_CASE("the main port closes and opens by order", "[mock_server]") {
  Model model(t0);
  CHECK(model.listening(t0).open);
  REQUIRE(model.control(R"({"listening": false, "for": "10s"})", t0));
  CHECK_FALSE(model.listening(t0 + 10s - 1us).open);
  CHECK(model.listening(t0).reopens_at == t0 + 10s);
  CHECK(model.listening(t0 + 10s).open);
  REQUIRE(model.control(R"({"listening": false})", t0));
  CHECK_FALSE(model.listening(t0 + 1h).open);
  REQUIRE(model.control(R"({"listening": true})", t0));
  CHECK(model.listening(t0).open);
}

TEST_CASE("a webhook follows orders to itself before orders to all", "[mock_server]") {
  Model model(t0);
  REQUIRE(model.control(R"({"path": "/hooks", "mode": "status:503"})", t0));
  REQUIRE(model.control(R"({"path": "/hooks/a/b", "mode": "ok"})", t0));
  const auto status = [&](const std::string& credentials) {
    return model.hook({credentials, "::1", "application/json", R"({"text": "x"})"}, t0).status;
  };
  CHECK(status("a/b") == 200);
  CHECK(status("c/d") == 503);
  REQUIRE(model.control(
      R"({"hook_rate": "1/60s", "hook_tokens": ["a/b"], "channel_override": true})", t0));
  CHECK(status("a/b") == 429);
  CHECK(model.hooks.rules.permissions.channel_override);
}

TEST_CASE("a wrong order names what is wrong and what is allowed", "[mock_server]") {
  struct Row {
    std::string body;
    std::string error;
  };
  const Row rows[] = {
      {"", "expected a JSON object such as"},
      {"[]", "expected a JSON object such as"},
      {"{}", "expected one of: {\"path\": ...}"},
      {R"({"path": "version", "mode": "ok"})",
       "path: expected one that begins with /, got \"version\""},
      {R"({"path": "/v"})", "nothing to change; allowed keys: path, mode, "},
      {R"({"path": "/v", "mode": "ko"})", "mode: expected one of updates, "},
      {R"({"path": "/v", "listening": true})", "unknown key \"listening\"; allowed: mode, "},
      {R"({"listening": "maybe"})", "listening: expected true or false, got \"maybe\""},
      {R"({"listening": false, "for": 5})", "for: expected a duration such as 10s"},
      {R"({"listening": false, "x": 5})", "unknown key \"x\"; allowed: listening, for"},
      {R"({"hook_rate": "fast"})", "hook_rate: expected a rate such as 10/60s, or off"},
      {R"({"hook_tokens": "a/b"})", "hook_tokens: expected a list such as"},
      {R"({"channel_override": "x"})", "channel_override: expected true or false"},
      {R"({"impersonation": true, "x": 1})", "unknown key \"x\"; allowed: hook_rate, "},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    Model model(t0);
    const auto reply = model.control(row.body, t0);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().substr(0, row.error.size()) == row.error);
  }
}

TEST_CASE("the control page shows all paths and what they return to", "[mock_server]") {
  Model model(t0);
  REQUIRE(model.control(R"({"path": "/a", "mode": "frozen", "age": "20m"})", t0));
  REQUIRE(model.control(R"({"path": "/a", "mode": "status:503", "for": "10s"})", t0));
  const json page = json::parse(model.control_page(t0 + 1s));
  const json& path = page["paths"]["/a"];
  CHECK(path["mode"] == "status:503");
  CHECK(path["until"] == "2026-11-22T10:02:13Z");
  CHECK(path["then"]["mode"] == "frozen");
  CHECK(path["then"]["computed_at"] == "2026-11-22T09:42:03Z");
  CHECK(json::parse(model.control_page(t0 + 10s))["paths"]["/a"]["mode"] == "frozen");
}

TEST_CASE("the log has each sent answer and counts what it forgot", "[mock_server]") {
  AnswerLog log;
  log.add({.at = t0,
           .sent_at = t0 + 1ms,
           .path = "/a",
           .mode = "updates",
           .status = 200,
           .computed_at = t0});
  log.add({.at = t0, .sent_at = t0 + 2ms, .path = "/b", .mode = "status:404", .status = 404});
  CHECK(log.json_lines("/a", 0) ==
        "{\"n\":1,\"at\":\"2026-11-22T10:02:03Z\",\"sent_at\":\"2026-11-22T10:02:03.001Z\","
        "\"client\":\"\",\"path\":\"/a\","
        "\"mode\":\"updates\",\"status\":200,\"computed_at\":\"2026-11-22T10:02:03Z\"}\n");
  CHECK(json::parse(log.json_lines("", 1))["path"] == "/b");
  for (std::size_t i = 0; i < AnswerLog::max_entries; ++i) log.add({.path = "/c"});
  CHECK(log.dropped() == 2);
  CHECK(log.json_lines("/a", 0).empty());
}
