#include "notifier/sinks/rocketchat/sink.hpp"

#include "notifier/http_post.hpp"
#include "tests/catch.hpp"
#include "tests/notifier/make_event.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <future>
#include <thread>

namespace stalewatch::notifier {
namespace {

using Json = nlohmann::json;

/// Everywhere: no null, no false, no 0, no "", no empty list, as the webhook refuses or ignores
/// them.
bool has_falsy(const Json& json) {
  if (json.is_null() || (json.is_boolean() && !json.get<bool>()) ||
      (json.is_string() && json.get<std::string>().empty()) ||
      (json.is_number() && json.get<double>() == 0) || (json.is_structured() && json.empty()))
    return true;
  return json.is_structured() && std::any_of(json.begin(), json.end(), has_falsy);
}

TEST_CASE("a body is a JSON object without falsy values that names only what is configured",
          "[notifier]") {
  use_berlin_time();
  auto e = make_event(Kind::failing, 3, 3, ten, std::string("\xff\0@all", 6));
  e.address.clear();
  e.age = Duration{0};
  const auto message = chat_message(fold(items_of({e})));
  const auto body = Json::parse(rocketchat_body(message, {}));
  CHECK(body.is_object());
  CHECK_FALSE(has_falsy(body));
  CHECK(body.size() == 2);
  CHECK(body.contains("text"));
  CHECK(body.contains("attachments"));
  const auto full = Json::parse(rocketchat_body(message, {"#ops", "stalewatch", ":bell:"}));
  CHECK(full["channel"] == "#ops");
  CHECK(full["alias"] == "stalewatch");
  CHECK(full["emoji"] == ":bell:");
  const auto nothing =
      Json::parse(rocketchat_body(chat_message(fold({{1, Note::nothing_open, {}, {}}})), {}));
  CHECK(nothing == Json{{"text", "🟢 no open problems"}});
  const auto bare = Json::parse(rocketchat_bare_body(message));
  CHECK(bare.size() == 1);
}

TEST_CASE("the bare form shows no address that the server would look up", "[notifier]") {
  const auto message = chat_message(fold(items_of({make_event(Kind::stale, 3, 3, ten)})));
  CHECK(bare_text(message).find("://") == std::string::npos);
}

/// A sink in front of scripted answers, by a clock of its own.
struct Script {
  std::vector<HttpAnswer> answers;  ///< the last one stays
  std::vector<Json> bodies;
  Now now{SteadyTime{1h}, ten + 1min};
  RocketchatSink sink{[this](const std::string& body, const std::stop_token&) {
                        bodies.push_back(Json::parse(body));
                        return answers[std::min(bodies.size(), answers.size()) - 1];
                      },
                      {"#ops", "", ""},
                      24h,
                      [] { return 0.5; }};

  explicit Script(std::vector<HttpAnswer> a) : answers(std::move(a)) {}
  void pass(Duration d) { now.mono += d, now.wall += d; }
  Handover deliver(const std::vector<Item>& items) { return sink.deliver(items, now, {}); }
};

HttpAnswer answer(long status, std::string body) {
  return {.status = status, .body = std::move(body)};
}
HttpAnswer good() { return answer(200, R"({"success":true})"); }
HttpAnswer refused() { return answer(400, R"({"success":false,"error":"invalid-channel"})"); }

std::vector<Item> two_alarms() {
  return items_of(
      {make_event(Kind::stale, 5, 5, ten, "A"), make_event(Kind::stale, 6, 6, ten, "B")});
}

TEST_CASE("only what is to be notified goes to the chat", "[notifier]") {
  auto e = make_event(Kind::stale, 5, 5, ten);
  e.notify = false;
  CHECK_FALSE(rocketchat_kind().wants(e));
  e.notify = true;
  CHECK(rocketchat_kind().wants(e));
}

TEST_CASE("what comes within the grouping window of the first waits for it", "[notifier]") {
  Script script({good()});
  script.now.wall = ten + grouping_window - 1us;
  auto handover = script.deliver(two_alarms());
  CHECK(script.bodies.empty());
  CHECK(handover.again_at == script.now.mono + 1us);
  script.pass(1us);
  handover = script.deliver(two_alarms());
  REQUIRE(script.bodies.size() == 1);
  CHECK(handover.done == std::vector<std::int64_t>{1, 2});
  CHECK(script.bodies[0]["channel"] == "#ops");
}

TEST_CASE("a wall clock that was set back holds no message back", "[notifier]") {
  Script script({good()});
  script.now.wall = ten - 1h;
  CHECK(script.deliver(two_alarms()).done.size() == 2);
}

TEST_CASE("a refused message is tried once more in its barest form, then set aside", "[notifier]") {
  Script script({refused(), refused(), good()});
  auto items = two_alarms();
  auto handover = script.deliver(items);
  CHECK((handover.done.empty() && handover.set_aside.empty()));
  items.push_back({3, Note::event, make_event(Kind::stale, 7, 7, ten, "C"), ten});
  handover = script.deliver(items);
  CHECK(script.bodies[1].size() == 1);
  CHECK(script.bodies[1].dump().find("C is stale") == std::string::npos);
  CHECK(handover.set_aside == std::vector<std::int64_t>{1, 2});
  CHECK(handover.tell);
  CHECK(handover.why == "HTTP 400: invalid-channel");
  handover = script.deliver({items[2]});
  CHECK(handover.done == std::vector<std::int64_t>{3});
  CHECK(script.bodies[2].contains("attachments"));
}

TEST_CASE("a message that is taken in its barest form counts as told", "[notifier]") {
  Script script({refused(), good()});
  script.deliver(two_alarms());
  CHECK(script.deliver(two_alarms()).done.size() == 2);
}

TEST_CASE("a rate limit is waited out, and not counted as a failure of anything", "[notifier]") {
  auto slow = answer(429, "{}");
  slow.retry_after = "37";
  Script script({slow, good()});
  const auto handover = script.deliver(two_alarms());
  CHECK(handover.rate_limited == 37s);
  CHECK_FALSE(handover.tell);
  script.pass(37s);
  CHECK(script.deliver(two_alarms()).done.empty());
  script.pass(1s);
  CHECK(script.deliver(two_alarms()).done.size() == 2);
  CHECK(script.bodies.size() == 2);
}

TEST_CASE("a webhook that is gone or away keeps everything waiting in order", "[notifier]") {
  for (const long status : {404L, 503L, 500L, 0L}) {
    Script script({answer(status, "{}")});
    int told = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto handover = script.deliver(two_alarms());
      CHECK((handover.done.empty() && handover.set_aside.empty()));
      told += handover.tell ? 1 : 0;
      script.pass(1s);
    }
    CHECK(told > 0);
    CHECK(script.bodies.size() > 5);
    CHECK(script.bodies.size() < 60);
    script.answers = {good()};
    script.pass(10min);
    CHECK(script.deliver(two_alarms()).done.size() == 2);
  }
}

/// Minutes after the first at which a message went out, while the sink is asked as often as it
/// wants.
std::vector<std::int64_t> minutes_of_posts(Script& script, const std::vector<Item>& items) {
  std::vector<std::int64_t> minutes;
  const auto start = script.now.mono;
  for (std::size_t posts = 0; script.now.mono < start + 1h;) {
    const auto handover = script.deliver(items);
    if (script.bodies.size() > posts) {
      posts = script.bodies.size();
      minutes.push_back((script.now.mono - start) / 1min);
    }
    CHECK(handover.done.empty());
    if (!handover.set_aside.empty()) {
      CHECK(handover.set_aside == std::vector<std::int64_t>{1, 2});
      CHECK(handover.tell);
      break;
    }
    CHECK_FALSE(handover.tell);
    REQUIRE(handover.again_at);
    script.pass(std::chrono::duration_cast<Duration>(*handover.again_at - script.now.mono));
  }
  return minutes;
}

TEST_CASE("a webhook that answers neither yes nor no gets a message three times, then no more",
          "[notifier]") {
  for (const auto& said : {answer(200, "ok"), answer(204, "")}) {
    Script script({said});
    CHECK(minutes_of_posts(script, two_alarms()) == std::vector<std::int64_t>{0, 1, 10});
  }
}

TEST_CASE("what is new goes out within a minute of what may have been seen, as one story with it",
          "[notifier]") {
  Script script({answer(200, "ok")});
  const auto begun = items_of({make_event(Kind::stale, 5, 5, ten, "A")});
  script.deliver(begun);
  script.pass(1min);
  script.deliver(begun);
  REQUIRE(script.bodies.size() == 2);
  script.pass(90s);
  CHECK(script.deliver(begun).again_at <= script.now.mono + 10s);
  CHECK(script.bodies.size() == 2);
  const auto ended = items_of({make_event(Kind::stale, 5, 5, ten, "A"),
                               make_event(Kind::fresh_again, 6, 5, ten + 1min, "A")});
  const auto handover = script.deliver(ended);
  REQUIRE(script.bodies.size() == 3);
  CHECK(script.bodies[2]["text"].get<std::string>().find("A was stale") != std::string::npos);
  CHECK(handover.set_aside == std::vector<std::int64_t>{1});  // the other one was sent once
  CHECK(handover.again_at <= script.now.mono + 1min);
}

TEST_CASE("a page of a proxy's is waited out like a webhook that is away", "[notifier]") {
  Script script({answer(200, "<html>log in</html>")});
  for (int i = 0; i < 2000; ++i) {
    CHECK(script.deliver(two_alarms()).set_aside.empty());
    script.pass(1s);
  }
  script.answers = {good()};
  script.pass(10min);
  CHECK(script.deliver(two_alarms()).done.size() == 2);
}

TEST_CASE("what has waited longer than give_up_after is set aside", "[notifier]") {
  Script script({answer(500, "")});
  auto items = two_alarms();
  items[1].queued_at = ten + 25h;
  script.pass(24h);
  const auto handover = script.deliver(items);
  CHECK(handover.set_aside == std::vector<std::int64_t>{1});
  CHECK(handover.tell);
}

/// A webhook on a free port of this machine.
struct Webhook {
  httplib::Server server;
  int port = server.bind_to_any_port("127.0.0.1");
  std::string received, type;
  std::thread thread;

  explicit Webhook(httplib::Server::Handler handler) {
    server.Post("/hooks/integration1/verysecrettoken",
                [this, handler](const auto& request, auto& response) {
                  received = request.body;
                  type = request.get_header_value("Content-Type");
                  handler(request, response);
                });
    thread = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
  }
  ~Webhook() {
    server.stop();
    thread.join();
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port) + "/hooks/integration1/verysecrettoken";
  }
};

HttpAnswer post_to(const std::string& url) {
  return HttpPost({Secret(url), {}, "", ""}).post("{\"text\":\"hello\"}", {});
}

TEST_CASE("a webhook gets JSON by HTTP, and its answer comes back whole", "[notifier]") {
  Webhook hook([](const auto&, auto& response) {
    response.status = 429;
    response.set_header("X-RateLimit-Reset", "1795338012000");
    response.set_header("Retry-After", "12");
    response.set_content(R"({"success":false,"error":"POST /hooks/integration1/verysecrettoken"})",
                         "application/json");
  });
  const auto got = post_to(hook.url());
  CHECK(hook.received == "{\"text\":\"hello\"}");
  CHECK(hook.type == "application/json");
  CHECK(got.status == 429);
  CHECK(got.rate_limit_reset == "1795338012000");
  CHECK(got.retry_after == "12");
  CHECK(got.body.find("verysecrettoken") == std::string::npos);  // an answer may quote the address
  CHECK(got.body.find("integration1") == std::string::npos);
}

TEST_CASE("a webhook that cannot be reached is an answer, too, and tells no secret", "[notifier]") {
  for (const std::string address : {"http://127.0.0.1:1/hooks/integration1/verysecrettoken",
                                    "http://nowhere.invalid/hooks/integration1/verysecrettoken",
                                    "gopher://127.0.0.1/hooks/integration1/verysecrettoken"}) {
    const auto got = post_to(address);
    CHECK(got.status == 0);
    CHECK_FALSE(got.error.empty());
    CHECK(got.error.find("verysecrettoken") == std::string::npos);
  }
  CHECK(post_to("http://127.0.0.1:1/hooks/integration1/verysecrettoken").error ==
        "127.0.0.1:1: no connection: Connection refused");
  CHECK_THAT(post_to("http://u:pw@nowhere.invalid/hooks/integration1/verysecrettoken").error,
             Catch::Matchers::StartsWith("nowhere.invalid:80: "));
}

TEST_CASE("a huge answer is cut, a slow one is interrupted by the end of the process",
          "[notifier]") {
  Webhook huge([](const auto&, auto& response) {
    response.set_content(std::string(1 << 20, 'x'), "text/html");
  });
  CHECK(post_to(huge.url()).body.size() == 64 << 10);
  std::promise<void> release;
  Webhook slow([&](const auto&, auto&) { release.get_future().wait(); });
  std::stop_source stop;
  stop.request_stop();
  const auto before = std::chrono::steady_clock::now();
  const auto got = HttpPost({Secret(slow.url()), {}, "", ""}).post("{}", stop.get_token());
  CHECK(got.error == "interrupted");
  CHECK(std::chrono::steady_clock::now() - before < 10s);
  release.set_value();
}

TEST_CASE("the token is hidden wherever an answer shows it", "[notifier]") {
  const Secret url("https://chat.example/hooks/64f0aa/abcDEF123456?x=qwertyuiop");
  CHECK(without_secrets("Cannot POST /hooks/64f0aa/abcDEF123456?x=qwertyuiop at chat.example",
                        url) == "Cannot POST /hooks/***/***?x=*** at chat.example");
}

}  // namespace
}  // namespace stalewatch::notifier
