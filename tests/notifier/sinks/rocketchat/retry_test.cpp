#include "notifier/sinks/rocketchat/retry.hpp"

#include "tests/catch.hpp"
#include "tests/notifier/make_event.hpp"

#include <vector>

namespace stalewatch::notifier {
namespace {

HttpAnswer answer(long status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

TEST_CASE("what an answer of the webhook means", "[notifier]") {
  const std::string ok = R"({"success":true})";
  struct Row {
    long status;
    std::string body;
    Fate fate;
    std::string why;
  };
  const std::vector<Row> rows = {
      {200, ok, Fate::delivered, "HTTP 200"},
      {201, ok, Fate::delivered, "HTTP 201"},
      {200, R"({"success":false,"error":"x"})", Fate::unavailable, "HTTP 200: x"},
      {200, R"({"success":false})", Fate::unavailable, "HTTP 200 without success"},
      {200, R"({"error":"no room"})", Fate::unavailable, "HTTP 200: no room"},
      {200, "<html>log in</html>", Fate::unavailable, "HTTP 200, but the answer is an HTML page"},
      {200, "\xef\xbb\xbf\n <!DOCTYPE html>", Fate::unavailable,
       "HTTP 200, but the answer is an HTML page"},
      // Of these nobody can tell whether people see the message.
      {200, "ok", Fate::unclear, "HTTP 200, but the answer is \"ok\" instead of success"},
      {200, "", Fate::unclear, "HTTP 200, but the answer is empty instead of success"},
      {204, "", Fate::unclear, "HTTP 204, but the answer is empty instead of success"},
      {200, "[true]", Fate::unclear, "HTTP 200, but the answer is \"[true]\" instead of success"},
      {200, R"({"message":"taken","error":null})", Fate::unclear,
       R"(HTTP 200, but the answer is "{"message":"taken","error":null}" instead of success)"},
      {200, "\x1b[31m" + std::string(1000, 'x'), Fate::unclear,
       "HTTP 200, but the answer is \"\\x1b[31m" + std::string(29, 'x') +
           "...\" instead of success"},
      {302, "", Fate::sink_refused, "HTTP 302"},
      {400, R"({"success":false,"error":"invalid-channel"})", Fate::message_refused,
       "HTTP 400: invalid-channel"},
      {413, "", Fate::message_refused, "HTTP 413"},
      {401, R"({"message":"You must be logged in to do this."})", Fate::sink_refused,
       "HTTP 401: You must be logged in to do this."},
      {403, "", Fate::sink_refused, "HTTP 403"},
      {404, R"({"success":false,"error":"Invalid integration id or token provided."})",
       Fate::sink_refused, "HTTP 404: Invalid integration id or token provided."},
      {408, "", Fate::unavailable, "HTTP 408"},
      {429, "", Fate::slow_down, "HTTP 429 (too many messages, to wait 1m)"},
      {400, R"({"error":"[error-too-many-requests]"})", Fate::slow_down,
       "HTTP 400: [error-too-many-requests] (too many messages, to wait 1m)"},
      {500, ok, Fate::unavailable, "HTTP 500"},
      {502, "", Fate::unavailable, "HTTP 502"},
      {503, "Service Unavailable", Fate::sink_refused, "HTTP 503"},
      {400, "{\"error\":\"a\\nb\\u001b[31m\"}", Fate::message_refused, "HTTP 400: a\\nb\\x1b[31m"},
  };
  for (const auto& row : rows) {
    INFO(row.status << " " << row.body);
    const auto judgement = judge(answer(row.status, row.body), ten);
    CHECK(judgement.fate == row.fate);
    CHECK(judgement.why == row.why);
  }
  const auto none = judge({.error = "Timeout was reached"}, ten);
  CHECK(none.fate == Fate::unavailable);
  CHECK(none.why == "Timeout was reached");
}

TEST_CASE("a rate limit is waited out as long as it says, when that can be meant", "[notifier]") {
  const auto ms = [](Timestamp t) { return std::to_string(to_us(t) / 1000); };
  const std::string text =
      R"({"success":false,"error":"Error, too many requests. Please slow down. You must wait 37 seconds before trying this endpoint again. [error-too-many-requests]"})";
  struct Row {
    std::string reset, after, body;
    Duration wait;
  };
  const std::vector<Row> rows = {
      {ms(ten + 12s), "5", text, 12s},   // the header of Rocket.Chat counts first
      {ms(ten - 1s), "5", text, 5s},     // its clock is behind: a proxy's header
      {ms(ten + 24h), "", text, 37s},    // its clock is ahead: the text
      {ms(ten + 10min), "", "", 10min},  // the longest that is believed
      {"soon", "later", "{}", 60s},      // nothing usable: Rocket.Chat's window
      {"99999999999999999999", "", "", 60s},
      {"9223372036854775807", "-5", "", 60s},
      {"", "99999999", R"({"error":"must wait 99999999 seconds"})", 60s},
  };
  for (const auto& row : rows) {
    INFO(row.reset << " " << row.after << " " << row.body);
    const auto judgement = judge(
        {.status = 429, .body = row.body, .rate_limit_reset = row.reset, .retry_after = row.after},
        ten);
    CHECK(judgement.fate == Fate::slow_down);
    CHECK(judgement.wait == row.wait);
  }
}

TEST_CASE("waits double up to their limit, and jitter spreads them", "[notifier]") {
  const std::vector<Duration> unavailable = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
  for (std::size_t i = 0; i < unavailable.size(); ++i)
    CHECK(wait_after(Fate::unavailable, static_cast<unsigned>(i + 1), 0.5) == unavailable[i]);
  const std::vector<Duration> refused = {30s, 60s, 120s, 240s, 300s, 300s};
  for (std::size_t i = 0; i < refused.size(); ++i)
    CHECK(wait_after(Fate::sink_refused, static_cast<unsigned>(i + 1), 0.5) == refused[i]);
  CHECK(wait_after(Fate::unavailable, 1'000'000, 0.5) == 60s);
  CHECK(wait_after(Fate::unavailable, 1, 0.0) == 750ms);
  CHECK(wait_after(Fate::unavailable, 7, 1.0) == 75s);
}

TEST_CASE("no more than eight calls fall into any minute", "[notifier]") {
  RateLimit limit;
  const SteadyTime start{1h};
  std::vector<SteadyTime> calls;
  auto now = start;
  for (int i = 0; i < 50; ++i) {
    now = std::max(now + 1s, limit.next_call());
    limit.on_call(now);
    calls.push_back(now);
  }
  CHECK(calls[7] == start + 8s);
  for (std::size_t i = 8; i < calls.size(); ++i) CHECK(calls[i] - calls[i - 8] >= 60s);
}

}  // namespace
}  // namespace stalewatch::notifier
