#include "common/process/health.hpp"

#include "common/process/listen.hpp"
#include "tests/catch.hpp"

#include <arpa/inet.h>
#include <httplib.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

namespace stalewatch {
namespace {

struct Served {
  Health health{"prober"};
  Served() { health.serve("127.0.0.1:0"); }
  httplib::Result get(const std::string& path) {
    httplib::Client client("127.0.0.1", health.port());
    client.set_read_timeout(10);
    return client.Get(path);
  }
};

/// Connections of clients that have sent half a request and say no more.
class SlowClients {
 public:
  SlowClients(int port, int count) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < count; ++i) {
      sockets_.push_back(socket(AF_INET, SOCK_STREAM, 0));
      REQUIRE(connect(sockets_.back(), reinterpret_cast<const sockaddr*>(&address),
                      sizeof address) == 0);
      REQUIRE(send(sockets_.back(), "GET /healthz HTTP/1.1\r\nHost:", 28, MSG_NOSIGNAL) == 28);
    }
  }
  ~SlowClients() {
    for (const int fd : sockets_) close(fd);
  }

 private:
  std::vector<int> sockets_;
};

std::chrono::steady_clock::duration since(std::chrono::steady_clock::time_point start) {
  return std::chrono::steady_clock::now() - start;
}

TEST_CASE("readiness says why not, then that it is", "[health]") {
  Served served;
  auto answer = served.get("/readyz");
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(answer->body == "starting\n");

  served.health.ready(false, "waiting for the aggregator");
  answer = served.get("/readyz");
  CHECK(answer->status == 503);
  CHECK(answer->body == "waiting for the aggregator\n");

  served.health.ready(true);
  answer = served.get("/readyz");
  CHECK(answer->status == 200);
  CHECK(answer->body == "ok\n");
}

TEST_CASE("a process that is not ready is healthy all the same", "[health]") {
  Served served;
  served.health.beat();
  served.health.ready(false, "the database is away");
  CHECK(served.get("/healthz")->status == 200);
}

TEST_CASE("metrics are Prometheus text with the build and what was registered", "[health]") {
  Served served;
  prometheus::BuildCounter()
      .Name("stalewatch_probes_total")
      .Help("Probes done.")
      .Register(served.health.metrics())
      .Add({{"outcome", "ok"}})
      .Increment(3);
  const auto answer = served.get("/metrics");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->get_header_value("Content-Type").find("version=0.0.4") != std::string::npos);
  CHECK(answer->body.find("stalewatch_probes_total{outcome=\"ok\"} 3") != std::string::npos);
  CHECK(answer->body.find("stalewatch_build_info{process=\"prober\",version=") !=
        std::string::npos);
}

TEST_CASE("other paths and methods are refused", "[health]") {
  Served served;
  CHECK(served.get("/")->status == 404);
  CHECK(served.get("/readyz/../etc/passwd")->status == 404);
  httplib::Client client("127.0.0.1", served.health.port());
  CHECK(client.Post("/readyz", std::string(100, 'x'), "text/plain")->status == 404);
  CHECK(client.Post("/readyz", std::string(5000, 'x'), "text/plain")->status == 413);
}

TEST_CASE("slow clients keep nobody waiting, and too many of them not for long", "[health]") {
  using namespace std::chrono_literals;
  auto served = std::make_unique<Served>();
  const SlowClients some(served->health.port(), 10);
  auto start = std::chrono::steady_clock::now();
  CHECK(served->get("/healthz")->status == 200);
  CHECK(since(start) < 1s);
  const SlowClients too_many(served->health.port(), 10);
  REQUIRE(served->get("/healthz"));
  CHECK(since(start) > 1s);  // until the first ones were given up
  CHECK(since(start) < 6s);
  const SlowClients last(served->health.port(), 3);
  start = std::chrono::steady_clock::now();
  served.reset();
  CHECK(since(start) < 1s);
}

TEST_CASE("a taken port is an error that names the address", "[health]") {
  Served served;
  const std::string address = "127.0.0.1:" + std::to_string(served.health.port());
  Health second("recorder");
  CHECK_THROWS_WITH(second.serve(address),
                    Catch::Matchers::ContainsSubstring("cannot listen on " + address) &&
                        Catch::Matchers::ContainsSubstring("in use"));
}

TEST_CASE("listening addresses", "[health]") {
  struct Row {
    const char* text;
    const char* host;
    int port;
  };
  const Row good[] = {{"127.0.0.1:9101", "127.0.0.1", 9101},
                      {":9101", "0.0.0.0", 9101},
                      {"[::1]:9101", "::1", 9101},
                      {"localhost:0", "localhost", 0},
                      {"0.0.0.0:65535", "0.0.0.0", 65535}};
  for (const auto& row : good) {
    CAPTURE(row.text);
    const auto address = parse_listen_address(row.text);
    CHECK(address.host == row.host);
    CHECK(address.port == row.port);
  }
  for (const char* bad : {"", ":", "9101", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "h:1x",
                          "::1:9101", "h:-1", "[]:1", "h:999999999999"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(parse_listen_address(bad),
                      Catch::Matchers::ContainsSubstring("no address to listen on"));
  }
}

}  // namespace
}  // namespace stalewatch
