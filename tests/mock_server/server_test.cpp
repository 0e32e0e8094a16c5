#include "mock_server/app.hpp"
#include "tests/catch.hpp"

#include <arpa/inet.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace stalewatch;
using namespace stalewatch::mock_server;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// The whole process in this one, on free ports.
class Running {
 public:
  explicit Running(Options options = {}) {
    options.address.port = 0;
    options.control_port = 0;
    app_ = std::make_unique<App>(options, signals_);
    thread_ = std::thread([this] { app_->run(); });
  }
  ~Running() {
    kill(getpid(), SIGTERM);  // blocked in all threads, read by the signal descriptor
    thread_.join();
  }

  httplib::Client client() const { return client_to(app_->url()); }
  httplib::Client control() const { return client_to(*app_->control_url()); }
  std::string url() const { return app_->url(); }
  int port() const { return std::stoi(url().substr(url().rfind(':') + 1)); }

 private:
  static httplib::Client client_to(const std::string& url) {
    httplib::Client client(url);
    client.set_read_timeout(10);
    return client;
  }

  Signals signals_;
  std::unique_ptr<App> app_;
  std::thread thread_;
};

template <typename Condition>
bool wait_for(Condition condition, std::chrono::milliseconds limit = 30s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

/// Sends a request on a bare socket and reads to the end; what came, and the errno that ended it
/// (0: closed).
struct RawAnswer {
  std::string text;
  int error = 0;
};

/// A connection on which a request has been sent; -1 when there is none.
int raw_request(int port, const std::string& target) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0)
    return fd;
  close(fd);
  return -1;
}

/// Called by many threads: no assertions in it.
RawAnswer raw_get(int port, const std::string& target) {
  const int fd = raw_request(port, target);
  RawAnswer answer;
  char buffer[4096];
  ssize_t got = fd < 0 ? -1 : 1;
  while (got > 0)
    if ((got = recv(fd, buffer, sizeof buffer, 0)) > 0)
      answer.text.append(buffer, static_cast<std::size_t>(got));
  if (got < 0) answer.error = errno;
  close(fd);
  return answer;
}

std::ptrdiff_t threads_of_this_process() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

}  // namespace

TEST_CASE("the server answers, is controlled and logs what it sent", "[mock_server][socket]") {
  Running server;
  auto client = server.client();
  const auto first = client.Get("/version");
  REQUIRE(first);
  CHECK(first->status == 200);
  CHECK(json::parse(first->body).contains("computed_time"));
  CHECK(first->has_header("Date"));

  CHECK(client
            .Post("/control", R"({"path": "/version", "mode": "status:503", "count": 1})",
                  "application/json")
            ->status == 200);
  CHECK(client.Get("/version")->status == 503);
  CHECK(client.Get("/version")->status == 200);
  const auto wrong =
      client.Post("/control", R"({"path": "/version", "mode": "x"})", "application/json");
  CHECK(wrong->status == 400);
  CHECK(json::parse(wrong->body)["error"].get<std::string>().starts_with("mode: expected one of"));
  CHECK(json::parse(client.Get("/control")->body)["paths"].contains("/version"));

  // The entry is made after the last byte has gone out.
  REQUIRE(wait_for([&] {
    const auto log = client.Get("/log?path=/version");
    return std::count(log->body.begin(), log->body.end(), '\n') == 3;
  }));
}

TEST_CASE("methods, heads and sizes are as HTTP has them", "[mock_server][socket]") {
  Running server;
  auto client = server.client();
  client.set_keep_alive(true);
  const auto posted = client.Post("/version", "x", "text/plain");
  CHECK(posted->status == 405);
  CHECK(posted->get_header_value("Allow") == "GET");
  CHECK(client.Options("/control")->get_header_value("Allow") == "GET, POST");

  const auto head = client.Head("/version");
  CHECK(head->status == 200);
  CHECK(head->get_header_value("Content-Length") ==
        std::to_string(client.Get("/version")->body.size()));
  CHECK_FALSE(client.Get("/version?date=off")->has_header("Date"));

  const std::string allowed(1 << 20, ' ');
  CHECK(client.Post("/control", allowed, "application/json")->status == 400);
  CHECK(client.Post("/control", allowed + " ", "application/json")->status == 413);
  CHECK(client.Post("/control", R"({"path": "/a%20b", "mode": "status:503"})", "application/json")
            ->status == 200);
  CHECK(client.Get("/a%2520b")->status == 503);
  CHECK(client.Get("/v?mode=value:%22a%20b%22")->body.find("\"a b\"") != std::string::npos);
}

TEST_CASE("answers are broken on the connection as ordered", "[mock_server][socket]") {
  Running server;
  const RawAnswer refused = raw_get(server.port(), "/v?mode=refuse");
  CHECK(refused.error == ECONNRESET);
  CHECK(refused.text.empty());

  const RawAnswer reset = raw_get(server.port(), "/v?mode=reset");
  CHECK(reset.error == ECONNRESET);
  CHECK(reset.text.find("200 OK") != std::string::npos);

  const RawAnswer cut = raw_get(server.port(), "/v?mode=close_mid_body");
  CHECK(cut.error == 0);
  CHECK(cut.text.find("Content-Length: 7") != std::string::npos);
  CHECK(cut.text.find("{\"name\":\"v\"") != std::string::npos);
  CHECK_FALSE(cut.text.ends_with("}"));

  auto client = server.client();
  client.set_read_timeout(0, 200000);
  CHECK_FALSE(client.Get("/v?mode=hang"));
  CHECK_FALSE(client.Get("/v?mode=trickle&pace=1m"));
  client.set_read_timeout(10);
  CHECK(json::parse(client.Get("/v?mode=trickle&pace=1ms")->body).contains("computed_time"));
  const auto chunked = client.Get("/v?mode=chunked");
  CHECK(chunked->get_header_value("Transfer-Encoding") == "chunked");
  CHECK(json::parse(chunked->body).contains("computed_time"));
  CHECK(client.Get("/v?mode=big_body")->body.size() == 10 << 20);
  CHECK(json::parse(client.Get("/v?mode=gzip")->body).contains("computed_time"));
  CHECK(client.Get("/v?mode=status:304")->status == 304);
  client.set_follow_location(true);
  CHECK(client.Get("/v?mode=redirect&to=/w")->status == 200);
  client.Post("/control", R"({"path": "/loop", "mode": "redirect"})", "application/json");
  CHECK(client.Get("/loop").error() == httplib::Error::ExceedRedirectCount);
  const std::string log = client.Get("/log")->body;
  for (const char* mode : {"refuse", "reset", "close_mid_body", "hang"}) {
    CAPTURE(mode);
    CHECK(log.find("\"" + std::string(mode) + "\"") == std::string::npos);
  }
}

TEST_CASE("a hanging answer ends with its client", "[mock_server][socket]") {
  Running server;
  const auto before = threads_of_this_process();
  const int fd = raw_request(server.port(), "/v?mode=hang");
  CHECK(wait_for([&] { return threads_of_this_process() > before; }));
  close(fd);
  CHECK(wait_for([&] { return threads_of_this_process() == before; }));
}

TEST_CASE("hanging answers keep nobody waiting, and end at once with the process",
          "[mock_server][socket]") {
  std::vector<std::thread> hanging;
  std::chrono::steady_clock::time_point ending;
  {
    Running server;
    std::atomic<int> started = 0;
    for (int i = 0; i < 50; ++i)
      hanging.emplace_back([port = server.port(), &started] {
        ++started;
        raw_get(port, "/v?mode=hang");
      });
    REQUIRE(wait_for([&] { return started == 50; }));
    CHECK(server.client().Get("/v")->status == 200);
    ending = std::chrono::steady_clock::now();
  }
  CHECK(std::chrono::steady_clock::now() - ending < 20s);  // they would hang for ever
  for (auto& thread : hanging) thread.join();
}

TEST_CASE("the main port refuses while it is told to, and comes back on the same number",
          "[mock_server][socket]") {
  Running server;
  auto control = server.control();
  const auto get = [&] { return bool(server.client().Get("/v")); };
  REQUIRE(get());
  const int kept = raw_request(server.port(), "/v");
  char buffer[4096];
  REQUIRE(recv(kept, buffer, sizeof buffer, 0) > 0);
  REQUIRE(server.client().Post("/control", R"({"listening": false})", "application/json")->status ==
          200);
  CHECK(recv(kept, buffer, sizeof buffer, 0) == 0);
  close(kept);
  REQUIRE(wait_for([&] { return !get(); }));
  CHECK(server.client().Get("/v").error() == httplib::Error::Connection);
  REQUIRE(control.Post("/control", R"({"listening": true})", "application/json")->status == 200);
  REQUIRE(wait_for(get));
  REQUIRE(control.Post("/control", R"({"listening": false, "for": "2s"})", "application/json")
              ->status == 200);
  REQUIRE(wait_for([&] { return !get(); }));
  REQUIRE(wait_for(get));
}

TEST_CASE("the webhook works over the wire", "[mock_server][socket]") {
  Running server;
  auto client = server.client();
  const auto posted = client.Post("/hooks/id/token", R"({"text": "hello"})", "application/json");
  CHECK(posted->body == R"({"success":true})");
  CHECK(posted->get_header_value("X-RateLimit-Remaining") == "9");
  CHECK(client.Post("/hooks/id/token", "", "application/json")->body == R"({"success":true})");
  CHECK(client.Get("/hooks/info/id/token")->status == 200);
  const json received = json::parse(client.Get("/hooks/received")->body)["received"];
  REQUIRE(received.size() == 2);
  CHECK(received[0]["posted"] == true);
  CHECK(received[1]["posted"] == false);
  client.Delete("/hooks/received");
  CHECK(json::parse(client.Get("/hooks/received")->body)["received"].empty());
}

TEST_CASE("a taken port and wrong options are said in one line", "[mock_server][socket]") {
  Running server;
  Signals signals;
  Options options;
  options.address.port = server.port();
  CHECK_THROWS_WITH(App(options, signals),
                    Catch::Matchers::StartsWith("cannot listen on 127.0.0.1:") &&
                        Catch::Matchers::EndsWith(": Address already in use"));
  options.address.port = 0;
  options.paths = {"/a=frozzen"};
  CHECK_THROWS_WITH(App(options, signals),
                    Catch::Matchers::StartsWith("--path /a=frozzen: mode: expected one of"));
  options.paths = {};
  options.hook_rate = "fast";
  CHECK_THROWS_WITH(App(options, signals), "--hook-rate: expected a rate such as 10/60s, or off");
  options.hook_rate = "off";
  options.tls = {"/nowhere.pem", "/nowhere.key"};
  CHECK_THROWS_WITH(App(options, signals),
                    "--tls-cert /nowhere.pem: no readable certificate in PEM");
}

TEST_CASE("with a certificate the main port speaks TLS", "[mock_server][socket]") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("mock_tls_" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const std::string certificate = folder / "cert.pem";
  const std::string key = folder / "key.pem";
  const std::string command =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -keyout " + key +
      " -out " + certificate + " 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  {
    Options options;
    options.tls = {certificate, key};
    Running server(options);
    CHECK(server.url().starts_with("https://"));
    // Another one: its key is not that of the first.
    const std::string other = folder / "other.pem";
    REQUIRE(std::system(("openssl genrsa -out " + other + " 2>/dev/null").c_str()) == 0);
    for (const std::string& wrong : {other, certificate, std::string("/nowhere.key")})
      CHECK_THROWS_WITH(HttpServer({"127.0.0.1", 0}, {certificate, wrong}, {}),
                        "--tls-key " + wrong + ": not the key of " + certificate + ", in PEM");
    httplib::SSLClient client("127.0.0.1", server.port());
    client.enable_server_certificate_verification(false);
    CHECK(client.Get("/v")->status == 200);
    CHECK(client.Get("/v")->status == 200);  // the connection is kept
    CHECK_FALSE(client.Get("/v?mode=refuse"));
    CHECK_FALSE(server.client().Get("/v"));  // and this client verifies
    CHECK(server.control().Get("/control")->status == 200);
  }
  std::filesystem::remove_all(folder);
}
