// Targets that would take all time or memory there is.

#include "probing_run.hpp"
#include "test_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

namespace stalewatch::prober {
namespace {

std::string shell(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> bytes{};
  for (std::size_t n; (n = fread(bytes.data(), 1, bytes.size(), pipe)) > 0;)
    output.append(bytes.data(), n);
  pclose(pipe);
  return output;
}

/// The process' largest resident size so far, bytes.
std::size_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::stoul(line.substr(6)) * 1024;
  return 0;
}

/// Never accepts: connections stand in its backlog and nothing answers.
struct SilentListener {
  SilentListener() : fd(socket(AF_INET, SOCK_STREAM, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(fd, generic, size) == 0);
    REQUIRE(listen(fd, 4096) == 0);
    REQUIRE(getsockname(fd, generic, &size) == 0);
  }
  ~SilentListener() { close(fd); }
  std::string url(const std::string& scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  }
  sockaddr_in address{};
  int fd;
};

bool answer_good(const Exchange& exchange) {
  exchange.answer("200 OK", good_body);
  return true;
}

TEST_CASE("a gzip bomb ends at the limit and memory stays flat", "[probing]") {
  const std::string bomb = shell("head -c 200000000 /dev/zero | gzip -9");
  REQUIRE(bomb.size() > 100'000);
  const std::string small = shell("printf '%s' '" + good_body + "' | gzip -9");
  TestServer server([&](const Exchange& exchange) {
    exchange.answer("200 OK", exchange.path == "/bomb" ? bomb : small,
                    "Content-Encoding: gzip\r\n");
    return true;
  });
  const std::size_t before = peak_memory();
  const auto samples = probe_all(
      {spec_of(1, "bomb", server.url("/bomb")), spec_of(2, "small", server.url("/small"))});
  CHECK(samples.at("bomb").outcome == Outcome::too_large);
  CHECK(samples.at("small").computed_at == good_time);
  CHECK(peak_memory() - before < (32u << 20));
}

TEST_CASE("1,000 hanging targets do not delay one that answers", "[probing]") {
  TestServer server(answer_good);
  const SilentListener silent;
  std::vector<TargetSpec> specs;
  for (std::uint32_t id = 1; id <= 1000; ++id) {
    specs.push_back(spec_of(id, "slow" + std::to_string(id), silent.url("http")));
    specs.back().timeout = 5s;
  }
  specs.push_back(spec_of(1001, "fast", server.url("/good")));
  Run run(std::move(specs), once_with());
  run.until([&] { return run.samples.contains("fast"); });
  CHECK(run.order.front() == "fast");
  CHECK(run.samples.at("fast").took < 5s);  // before any of the others
  run.until([&] { return run.probing.finished(); });
  CHECK(run.samples.size() == 1001);
  CHECK(run.samples.at("slow1000").detail == "timeout after 5s (connected, no answer)");
}

TEST_CASE("a trickling answer and a dead name service end at the timeout", "[probing]") {
  TestServer server([](const Exchange& exchange) {
    exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (exchange.write("x")) std::this_thread::sleep_for(50ms);
    return false;
  });
  const auto release = std::make_shared<std::atomic<bool>>(false);  // lookups outlive the test
  const auto lookup = [release](const std::string&) {
    while (!*release) std::this_thread::sleep_for(5ms);
    return Lookup{Lookup::State::no_answer, {}};
  };
  std::vector<TargetSpec> specs{spec_of(1, "trickle", server.url("/"))};
  for (std::uint32_t id = 2; id <= 200; ++id)
    specs.push_back(
        spec_of(id, "n" + std::to_string(id), "http://h" + std::to_string(id) + ".example/"));
  const SilentListener silent;
  specs.push_back(spec_of(201, "handshake", silent.url("https")));
  for (auto& spec : specs) spec.timeout = 3s;
  const auto samples = probe_all(specs, once_with(lookup));
  *release = true;
  CHECK(samples.at("trickle").detail == "timeout after 3s (answer not complete)");
  CHECK(samples.at("handshake").detail == "timeout after 3s (connected, TLS handshake not done)");
  CHECK(samples.at("n200").detail == "no answer from the name service within 3s");
}

}  // namespace
}  // namespace stalewatch::prober
