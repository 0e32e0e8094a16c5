#include "notifier/http_post.hpp"

#include "tests/catch.hpp"
#include "tests/prober/test_server.hpp"

#include <mutex>
#include <set>

namespace stalewatch::notifier {
namespace {

using prober::Exchange;
using prober::TestServer;

TEST_CASE("a message goes by the connection of the one before", "[notifier]") {
  TestServer server([](const Exchange& exchange) {
    exchange.answer("200 OK", "{\"success\":true}");
    return true;
  });
  HttpPost http({Secret(server.url("/hooks/a/b")), {}, "", ""});
  for (int i = 0; i < 10; ++i) CHECK(http.post("{}", {}).status == 200);
  CHECK(http.get({}).status == 200);
  CHECK(server.connections() == 1);
}

TEST_CASE("a kept connection that turns out dead is replaced, each time", "[notifier]") {
  std::mutex mutex;
  std::set<int> answered;  // connections, which are closed at their second request
  TestServer server([&](const Exchange& exchange) {
    const std::lock_guard lock(mutex);
    if (answered.erase(exchange.fd) == 1) return false;
    answered.insert(exchange.fd);
    exchange.answer("200 OK", "{\"success\":true}");
    return true;
  });
  HttpPost http({Secret(server.url("/hooks/a/b")), {}, "", ""});
  for (int i = 0; i < 50; ++i) {
    const auto answer = http.post("{\"text\":\"hello\"}", {});
    INFO(answer.error);
    REQUIRE(answer.status == 200);
  }
  CHECK(server.connections() == 50);
}

}  // namespace
}  // namespace stalewatch::notifier
