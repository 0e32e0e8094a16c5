#include "common/process/health.hpp"

#include "common/base/version.hpp"
#include "common/process/listen.hpp"

#include <httplib.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

namespace stalewatch {
namespace {

constexpr auto loop_timeout =
    std::chrono::seconds(10);       // a healthy loop turns at least each second
constexpr std::size_t workers = 2;  // a scrape and a health check at the same time
constexpr std::ptrdiff_t max_connections =
    16;  // accepted and waiting; more wait in the kernel's queue
constexpr std::size_t max_request_bytes = 1024;  // nothing that we answer has a body
constexpr auto io_timeout = std::chrono::seconds(2);

/// httplib's thread pool with a bound: accepting waits while too many connections are open.
class BoundedPool : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> serve_connection) override {
    room_.acquire();
    pool_.enqueue([this, serve = std::move(serve_connection)] {
      serve();
      room_.release();
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  std::counting_semaphore<max_connections> room_{max_connections};
  httplib::ThreadPool pool_{workers};
};

std::int64_t steady_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void limit(httplib::Server& server) {
  server.new_task_queue = [] { return new BoundedPool; };  // httplib deletes it
  server.set_payload_max_length(max_request_bytes);
  server.set_read_timeout(io_timeout);
  server.set_write_timeout(io_timeout);
  server.set_keep_alive_timeout(1);  // s; an idle scraper must not hold one of two workers for long
  // httplib's default would let a second process listen on the same port (SO_REUSEPORT).
  server.set_socket_options([](socket_t socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
}

}  // namespace

struct Health::Impl {
  explicit Impl(const std::string& process)
      : registry(std::make_shared<prometheus::Registry>()), last_turn(steady_seconds()) {
    prometheus::BuildGauge()
        .Name("stalewatch_build_info")
        .Help("Always 1; the labels tell the process and its version.")
        .Register(*registry)
        .Add({{"process", process}, {"version", std::string(program_version)}})
        .Set(1);
  }

  /// Why the loop counts as hung; empty while it turns.
  std::string hung() const {
    const std::int64_t since = steady_seconds() - last_turn.load();
    if (since <= loop_timeout.count()) return {};
    return "the loop has not turned for " + std::to_string(since) + " s";
  }

  std::string not_ready() {
    if (auto why = hung(); !why.empty()) return why;
    const std::lock_guard lock(mutex);
    return why_not_ready;
  }

  void answer_from(httplib::Server& http) {
    const auto verdict = [](httplib::Response& response, const std::string& trouble) {
      response.status = trouble.empty() ? 200 : 503;
      response.set_content((trouble.empty() ? "ok" : trouble) + "\n", "text/plain; charset=utf-8");
    };
    http.Get("/healthz", [this, verdict](const httplib::Request&, httplib::Response& response) {
      verdict(response, hung());
    });
    http.Get("/readyz", [this, verdict](const httplib::Request&, httplib::Response& response) {
      verdict(response, not_ready());
    });
    http.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(prometheus::TextSerializer().Serialize(registry->Collect()),
                           "text/plain; version=0.0.4; charset=utf-8");
    });
  }

  std::shared_ptr<prometheus::Registry> registry;
  std::atomic<std::int64_t> last_turn;
  std::mutex mutex;  // guards the text below: the loop writes it, workers read it
  std::string why_not_ready = "starting";
  httplib::Server server;
  int port = 0;
  std::thread listener;
};

Health::Health(std::string process) : impl_(std::make_unique<Impl>(process)) {}

Health::~Health() {
  if (!impl_->listener.joinable()) return;
  impl_->server.stop();
  impl_->listener.join();
}

void Health::beat() { impl_->last_turn = steady_seconds(); }

void Health::ready(bool ready, std::string why) {
  if (!ready && why.empty()) why = "not ready";
  const std::lock_guard lock(impl_->mutex);
  impl_->why_not_ready = ready ? std::string() : std::move(why);
}

prometheus::Registry& Health::metrics() { return *impl_->registry; }

int Health::port() const { return impl_->port; }

void Health::serve(const std::string& address) {
  const ListenAddress where = parse_listen_address(address);
  auto& server = impl_->server;
  limit(server);
  impl_->answer_from(server);
  errno = 0;
  impl_->port = where.port;
  if (where.port == 0)
    impl_->port = server.bind_to_any_port(where.host);
  else if (!server.bind_to_port(where.host, where.port))
    impl_->port = -1;
  if (impl_->port < 0)
    throw std::runtime_error("cannot listen on " + address + " for --http: " +
                             (errno == 0 ? "no such address" : std::strerror(errno)));
  impl_->listener = std::thread([&server] { server.listen_after_bind(); });
  // A stop before the listener runs would be lost and the destructor would wait for ever.
  while (!server.is_running()) std::this_thread::yield();
}

}  // namespace stalewatch
