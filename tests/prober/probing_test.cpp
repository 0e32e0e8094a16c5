// Probing against real sockets: what each kind of answer leads to.

#include "common/base/clocks.hpp"
#include "probing_run.hpp"
#include "test_server.hpp"

#include <atomic>
#include <mutex>
#include <set>

namespace stalewatch::prober {
namespace {

/// Answers by path, as the table of the documentation has them.
bool serve(const Exchange& exchange) {
  const std::string& path = exchange.path;
  if (path == "/good") exchange.answer("200 OK", good_body);
  if (path == "/404") exchange.answer("404 Not Found", "no");
  if (path == "/500-closed")
    return exchange.write("HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nhalf") && false;
  if (path == "/204") exchange.write("HTTP/1.1 204 No Content\r\n\r\n");
  if (path == "/redirect") exchange.answer("302 Found", "", "Location: /good\r\n");
  if (path == "/loop") exchange.answer("302 Found", "", "Location: /loop\r\n");
  if (path == "/reset") return exchange.reset(), false;
  if (path == "/close") return false;
  if (path == "/half")
    return exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") && false;
  if (path == "/not-http") return exchange.write("SSH-2.0-OpenSSH_9.2\r\n\r\n") && false;
  if (path == "/large") exchange.answer("200 OK", std::string(10 << 20, ' '));
  if (path == "/headers")
    for (int i = 0; i < 1000 && exchange.write(i == 0 ? "HTTP/1.1 200 OK\r\n" : ""); ++i)
      exchange.write("X-Long: " + std::string(200, 'x') + "\r\n");
  if (path == "/html") exchange.answer("200 OK", "<html>");
  if (path == "/empty") exchange.answer("200 OK", "");
  if (path == "/chunked")
    exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" +
                   good_body.substr(0, 16) + "\r\n1b\r\n" + good_body.substr(16) + "\r\n0\r\n\r\n");
  if (path == "/future") exchange.answer("200 OK", R"({"computed_time": "2099-01-01T00:00:00Z"})");
  if (path == "/date")
    exchange.answer("200 OK", R"({"computed_time": "1994-11-06T08:49:37Z"})",
                    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  if (path == "/utf8-coding") exchange.answer("200 OK", good_body, "Content-Encoding: UTF-8\r\n");
  if (path == "/bad-gzip")
    exchange.answer("200 OK", "not gzip at all", "Content-Encoding: gzip\r\n");
  if (path == "/auth")
    exchange.answer(
        exchange.request.find("Authorization: Basic dTpw") != std::string::npos &&
                exchange.request.find("X-Key: k") != std::string::npos &&
                exchange.request.find("User-Agent: stalewatch/test") != std::string::npos
            ? "200 OK"
            : "401 Unauthorized",
        good_body);
  return true;
}

TEST_CASE("each kind of HTTP answer leads to its outcome", "[probing]") {
  TestServer server(serve);
  const std::map<std::string, std::pair<Outcome, std::string>> rows = {
      {"/good", {Outcome::ok, ""}},
      {"/chunked", {Outcome::ok, ""}},
      {"/utf8-coding", {Outcome::ok, ""}},
      {"/date", {Outcome::ok, ""}},
      {"/404", {Outcome::http_status, "HTTP 404"}},
      {"/500-closed", {Outcome::http_status, "HTTP 500"}},
      {"/204", {Outcome::http_status, "HTTP 204 (no content)"}},
      {"/redirect",
       {Outcome::http_status, "HTTP 302, redirect to " + server.url("/good") +
                                  " not followed (follow_redirects: true follows it)"}},
      {"/reset", {Outcome::connect, "connection reset before an answer"}},
      {"/close", {Outcome::connect, "connection closed without an answer"}},
      {"/half", {Outcome::connect, "connection closed in the middle of the answer"}},
      {"/not-http", {Outcome::connect, "the answer is not HTTP"}},
      {"/large", {Outcome::too_large, "body of more than 1 MiB"}},
      {"/headers", {Outcome::too_large, "headers of more than 64 KiB"}},
      {"/html", {Outcome::not_json, {}}},
      {"/empty", {Outcome::not_json, {}}},
      {"/bad-gzip", {Outcome::not_json, {}}},
      {"/future", {Outcome::time_in_future, {}}},
  };
  std::vector<TargetSpec> specs;
  for (const auto& [path, expected] : rows)
    specs.push_back(spec_of(static_cast<std::uint32_t>(specs.size() + 1), path, server.url(path)));
  const auto samples = probe_all(specs);
  REQUIRE(samples.size() == rows.size());
  for (const auto& [path, expected] : rows) {
    const Sample& sample = samples.at(path);
    INFO(path << ": " << sample.detail.value_or("-"));
    CHECK(sample.outcome == expected.first);
    if (!expected.second.empty()) CHECK(sample.detail == expected.second);
    CHECK(sample.computed_at.has_value() == (expected.first == Outcome::ok));
    CHECK(sample.detail.has_value() == (expected.first != Outcome::ok));
    CHECK(sample.streak == 1);
    CHECK(sample.since == sample.probed_at);
    CHECK(sample.news_seq > 0);
  }
  CHECK(samples.at("/good").computed_at == good_time);
  CHECK(samples.at("/good").http_status == 200);
  CHECK_FALSE(samples.at("/good").clock_offset);
  // Decades off: no clock's, so that nothing goes by it.
  const auto& dated = samples.at("/date");
  CHECK_FALSE(dated.clock_offset);
  CHECK_FALSE(dated.clock_uncertainty);
  REQUIRE(dated.date_off);
  CHECK(abs(*dated.date_off - (timestamp_from_us(784'111'777'500'000) - dated.probed_at)) < 10s);
}

TEST_CASE("options of a target reach its request", "[probing]") {
  TestServer server(serve);
  auto redirect = spec_of(1, "redirect", server.url("/redirect"));
  auto loop = spec_of(2, "loop", server.url("/loop"));
  redirect.follow_redirects = loop.follow_redirects = true;
  auto auth = spec_of(3, "auth", server.url("/auth"));
  auth.basic_auth = "u:p";
  auth.headers = {{"X-Key", "k"}};
  auto small = spec_of(4, "small", server.url("/good"));
  small.max_body = static_cast<std::int64_t>(good_body.size()) - 1;
  auto exact = spec_of(5, "exact", server.url("/good"));
  exact.max_body = static_cast<std::int64_t>(good_body.size());
  const auto samples = probe_all({redirect, loop, auth, small, exact});
  CHECK(samples.at("redirect").outcome == Outcome::ok);
  CHECK(samples.at("loop").detail == "HTTP 302, too many redirects");
  CHECK(samples.at("auth").outcome == Outcome::ok);
  CHECK(samples.at("small").outcome == Outcome::too_large);
  CHECK(samples.at("exact").outcome == Outcome::ok);
}

TEST_CASE("a target that cannot be reached says why", "[probing]") {
  int port = 0;
  { port = TestServer(serve).port(); }  // nobody listens there any more
  const auto lookup = [](const std::string&) { return Lookup{Lookup::State::not_found, {}}; };
  const auto samples =
      probe_all({spec_of(1, "refused", "http://127.0.0.1:" + std::to_string(port) + "/"),
                 spec_of(2, "unknown", "http://no.such.example/")},
                once_with(lookup));
  CHECK(samples.at("refused").detail == "connection refused");
  CHECK(samples.at("refused").http_status == 0);
  CHECK(samples.at("unknown").outcome == Outcome::dns);
  CHECK(samples.at("unknown").detail == "its name does not resolve");
}

TEST_CASE("a name is connected to at the address that was looked up", "[probing]") {
  TestServer server(serve);
  const auto lookup = [](const std::string& host) {
    return host == "a.example" ? Lookup{Lookup::State::found, "127.0.0.1"}
                               : Lookup{Lookup::State::no_answer, {}};
  };
  const auto samples = probe_all({spec_of(1, "a", server.url("/good", "a.example")),
                                  spec_of(2, "b", server.url("/good", "b.example"))},
                                 once_with(lookup));
  CHECK(samples.at("a").outcome == Outcome::ok);
  CHECK(samples.at("b").detail == "the name service gives no answer");
}

TEST_CASE("an address with unusual characters is asked as browsers ask it", "[probing]") {
  std::mutex mutex;
  std::set<std::string> asked;
  TestServer server([&](const Exchange& exchange) {
    const std::lock_guard lock(mutex);
    asked.insert(exchange.path);
    const auto host = exchange.request.find("Host: ") + 6;
    asked.insert(exchange.request.substr(host, exchange.request.find(':', host) - host));
    exchange.answer("200 OK", good_body);
    return true;
  });
  const auto lookup = [](const std::string& host) {
    return host == "xn--bcher-kva.example" ? Lookup{Lookup::State::found, "127.0.0.1"}
                                           : Lookup{Lookup::State::not_found, {}};
  };
  const auto samples =
      probe_all({spec_of(1, "characters", server.url("/Plzeň?ids=1|2&f={\"a\":[]}%20")),
                 spec_of(2, "name", server.url("/ü", "bücher.example")),
                 spec_of(3, "no-name", server.url("/x", "a|b"))},
                once_with(lookup));
  CHECK(samples.at("characters").outcome == Outcome::ok);
  CHECK(samples.at("name").outcome == Outcome::ok);
  CHECK(samples.at("no-name").outcome == Outcome::dns);
  CHECK(asked == std::set<std::string>{"/Plze%C5%88?ids=1%7C2&f=%7B%22a%22:%5B%5D%7D%20",
                                       "127.0.0.1", "/%C3%BC", "xn--bcher-kva.example"});
}

TEST_CASE("each trouble with a certificate is named", "[probing]") {
  const Authority authority;
  const Timestamp now = read_clocks().wall;
  const auto handler = [](const Exchange& exchange) {
    exchange.answer("200 OK", good_body);
    return true;
  };
  const TestServer good(handler, authority.server("localhost", now - 24h, now + 240h));
  const TestServer expired(handler, authority.server("localhost", now - 240h, now - 73h));
  const TestServer alone(handler, authority.server("localhost", now - 24h, now + 24h, true));
  const TestServer other(handler, authority.server("other.example", now - 24h, now + 24h));
  const TestServer plain(serve);
  std::vector<TargetSpec> specs{
      spec_of(1, "good", good.url("/", "localhost")),
      spec_of(2, "expired", expired.url("/", "localhost")),
      spec_of(3, "alone", alone.url("/", "localhost")),
      spec_of(4, "other", other.url("/", "localhost")),
      spec_of(5, "unknown", good.url("/", "localhost")),
      spec_of(6, "unverified", alone.url("/", "localhost")),
      spec_of(7, "plain", "https://localhost:" + std::to_string(plain.port()) + "/good"),
      spec_of(8, "no-file", good.url("/", "localhost")),
  };
  for (auto& spec : specs) spec.ca_file = authority.ca_file();
  specs[4].ca_file.clear();
  specs[5].verify = false;
  specs[7].ca_file = "/nonexistent/ca.pem";
  const auto samples = probe_all(specs);
  const auto detail = [&](const char* key) { return samples.at(key).detail.value_or("ok"); };
  CHECK(detail("good") == "ok");
  CHECK(detail("expired") == "certificate expired 3 days ago");
  CHECK(detail("alone") == "self-signed certificate");
  CHECK(detail("other") == "certificate is not for this host (but for other.example)");
  CHECK(detail("unknown") ==
        "certificate signed by an unknown authority (or the chain is incomplete)");
  CHECK(detail("unverified") == "ok");
  CHECK(detail("plain") == "the server does not speak TLS on this port");
  CHECK(detail("no-file") == "ca_file cannot be read by the prober");
  for (const char* key : {"expired", "alone", "other", "unknown", "plain", "no-file"})
    CHECK(samples.at(key).outcome == Outcome::tls);
  REQUIRE(samples.at("good").tls_expires_at);
  CHECK(abs(*samples.at("good").tls_expires_at - (now + 240h)) <= 1s);
}

TEST_CASE("a target is probed again on a kept connection, and not twice at once", "[probing]") {
  const Authority authority;
  const Timestamp now = read_clocks().wall;
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  TestServer server(
      [&](const Exchange& exchange) {
        most = std::max(most.load(), ++at_once);
        std::this_thread::sleep_for(250ms);  // longer than the interval
        --at_once;
        exchange.answer("200 OK", good_body);
        return true;
      },
      authority.server("localhost", now - 24h, now + 240h));
  auto spec = spec_of(1, "a", server.url("/", "localhost"));
  spec.interval = 100ms;
  spec.ca_file = authority.ca_file();
  auto settings = once_with();
  settings.once = false;
  Run run({spec}, settings);
  run.until([&] { return run.order.size() >= 4; });
  CHECK(most == 1);
  CHECK(server.connections() == 1);
  CHECK(run.probing.skipped() >= 3);
  CHECK(run.samples.at("a").streak >= 4);
  CHECK(run.probing.last_news_seq() == 1);
  CHECK(run.samples.at("a").tls_expires_at);  // also without a handshake of its own
}

/// Redirects to the same path with a cookie until that is sent back.
struct SetsCookie {
  bool operator()(const Exchange& exchange) {
    const std::lock_guard lock(mutex);
    const auto name = exchange.request.find("ookie: ");
    cookies.push_back(name == std::string::npos ? "" : exchange.request.substr(name + 7, 5));
    if (cookies.back().empty())
      exchange.answer("302 Found", "", "Set-Cookie: sid=1; Path=/; HttpOnly\r\nLocation: /\r\n");
    else
      exchange.answer("200 OK", good_body);
    return true;
  }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex);
    return cookies;
  }

  std::mutex mutex;
  std::vector<std::string> cookies;  ///< of each request, in order
};

TEST_CASE("a cookie that a redirect sets is sent back within the probe only", "[probing]") {
  SetsCookie sets_cookie, beside_own;
  TestServer server([&](const Exchange& exchange) { return sets_cookie(exchange); });
  TestServer other([&](const Exchange& exchange) { return beside_own(exchange); });
  auto spec = spec_of(1, "a", server.url("/"));
  spec.follow_redirects = true;
  spec.interval = 50ms;
  auto own = spec_of(2, "own", other.url("/"));
  own.follow_redirects = true;
  own.headers = {{"cookie", "own=1"}};
  auto settings = once_with();
  settings.once = false;
  Run run({spec, own}, settings);
  run.until([&] { return sets_cookie.seen().size() >= 4 && run.samples.contains("own"); });
  CHECK(run.samples.at("a").outcome == Outcome::ok);
  auto seen = sets_cookie.seen();
  seen.resize(4);
  CHECK(seen == std::vector<std::string>{"", "sid=1", "", "sid=1"});
  CHECK(run.samples.at("own").outcome == Outcome::ok);
  CHECK(beside_own.seen() == std::vector<std::string>{"own=1"});
}

/// Answers the first request of each connection, and closes it at the second.
struct ClosesAtSecondRequest {
  bool operator()(const Exchange& exchange) {
    const std::lock_guard lock(mutex);
    if (answered.erase(exchange.fd) == 1) return false;
    answered.insert(exchange.fd);
    exchange.answer("200 OK", good_body);
    return true;
  }

  std::mutex mutex;
  std::set<int> answered;  ///< connections, which are gone after their second request
};

TEST_CASE("a kept connection that turns out dead is replaced, each time", "[probing]") {
  ClosesAtSecondRequest closes;
  TestServer server([&](const Exchange& exchange) { return closes(exchange); });
  auto spec = spec_of(1, "a", server.url("/"));
  spec.interval = 10ms;
  auto settings = once_with();
  settings.once = false;
  Run run({spec}, settings);
  run.until([&] {
    REQUIRE(run.samples["a"].detail.value_or("") == "");
    return run.order.size() >= 50;
  });
  CHECK(server.connections() >= 50);  // none was used for two answers
}

TEST_CASE("a probe that finds many dead connections is answered on a new one", "[probing]") {
  constexpr std::uint32_t kept = 20;
  std::atomic<std::uint32_t> asked = 0;
  ClosesAtSecondRequest closes;
  TestServer server([&](const Exchange& exchange) {
    ++asked;
    for (int i = 0; i < 1000 && asked < kept; ++i)  // all at once, so that each has a connection
      std::this_thread::sleep_for(10ms);
    return closes(exchange);
  });
  TestServer redirecting([&](const Exchange& exchange) {
    exchange.answer("302 Found", "", "Location: " + server.url("/") + "\r\n");
    return exchange.path == "/kept";
  });
  const std::string where = GENERATE("/", "/kept", "/new");
  CAPTURE(where);
  const auto address = where == "/" ? server.url("/") : redirecting.url(where);
  std::vector<TargetSpec> specs;
  for (std::uint32_t id = 1; id <= kept; ++id) {
    specs.push_back(spec_of(id, "t" + std::to_string(id), address));
    specs.back().follow_redirects = true;
  }
  auto settings = once_with();
  settings.once = false;
  Run run(specs, settings);
  run.until([&] { return run.samples.size() == kept; });
  REQUIRE(server.connections() == static_cast<int>(kept));

  AssignmentChange one{.assignment = "b", .generation = 2, .full = true};
  one.added = {spec_of(99, "last", address)};
  one.added[0].follow_redirects = true;
  run.probing.apply(one, read_clocks());
  run.until([&] { return run.samples.contains("last"); });
  CHECK(run.samples.at("last").detail.value_or("") == "");
  CHECK(run.samples.at("last").outcome == Outcome::ok);
  CHECK(asked > kept + 5);  // it did find more dead ones than libcurl goes on after
}

TEST_CASE("a changed assignment keeps what stays and drops what goes", "[probing]") {
  TestServer server(serve);
  auto settings = once_with();
  settings.once = false;
  Run run({spec_of(1, "stays", server.url("/good")), spec_of(2, "goes", server.url("/good"))},
          settings);
  run.until([&] { return run.samples.size() == 2; });
  // Other ids, the same key: the history goes on.
  AssignmentChange full{.assignment = "b", .generation = 2, .full = true};
  full.added = {spec_of(9, "stays", server.url("/good")), spec_of(10, "new", server.url("/404"))};
  run.probing.apply(full, read_clocks());
  run.samples.clear();
  run.until([&] { return run.samples.size() == 2; });
  CHECK(run.samples.at("stays").target == 9);
  CHECK(run.samples.at("stays").streak == 2);
  CHECK(run.samples.at("stays").news_seq == 0);
  AssignmentChange difference{.assignment = "b", .generation = 3};
  difference.removed = {9};
  run.probing.apply(difference, read_clocks());
  CHECK(run.probing.targets() == 1);
}

}  // namespace
}  // namespace stalewatch::prober
