#include "common/process/health.hpp"

#include "common/base/version.hpp"
#include "common/process/listen.hpp"

#include <microhttpd.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace stalewatch {
namespace {

constexpr auto loop_timeout =
    std::chrono::seconds(10);             // a healthy loop turns at least each second
constexpr unsigned max_connections = 16;  // more wait in the kernel's queue
constexpr int backlog = 64;
constexpr unsigned idle_timeout_s = 2;  // a connection on which nothing moves for so long is closed
constexpr std::size_t connection_memory = 8 << 10;  // bytes each; the head of a request has to fit
constexpr std::size_t max_request_body = 1024;      // bytes; nothing that we answer has a body
/// What is read of a body that is too large, so that its client gets to read the answer; bytes.
constexpr std::size_t max_refused_body = 64 << 10;

struct Page {
  unsigned status = MHD_HTTP_OK;
  std::string body;
  const char* type = "text/plain; charset=utf-8";
};
using Pages = std::function<Page(std::string_view path)>;

struct Stop {
  void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
};
using Daemon = std::unique_ptr<MHD_Daemon, Stop>;

Page page_of(const Pages& pages, std::string_view path, std::string_view method, std::size_t body) {
  if (body > max_request_body) return {MHD_HTTP_CONTENT_TOO_LARGE, "no body is wanted\n"};
  if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD)
    return {MHD_HTTP_NOT_FOUND, "GET /healthz, /readyz or /metrics\n"};
  return pages(path);
}

MHD_Result send_page(MHD_Connection* connection, Page page) {
  const std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)> response(
      MHD_create_response_from_buffer(page.body.size(), page.body.data(), MHD_RESPMEM_MUST_COPY),
      MHD_destroy_response);
  MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE, page.type);
  return MHD_queue_response(connection, page.status, response.get());
}

/// Called by the library when the head of a request is there, for each part of its body, and when
/// all of it is there. `state`: how long the body is so far.
MHD_Result serve_request(void* pages, MHD_Connection* connection, const char* path,
                         const char* method, const char*, const char*, std::size_t* data_size,
                         void** state) {
  if (*state == nullptr) {
    *state = new std::size_t(0);
    return MHD_YES;
  }
  auto& body = *static_cast<std::size_t*>(*state);
  body += *data_size;
  if (body > max_refused_body) return MHD_NO;  // ends the connection
  if (std::exchange(*data_size, 0) > 0) return MHD_YES;
  return send_page(connection, page_of(*static_cast<const Pages*>(pages), path, method, body));
}

void forget_request(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
  delete static_cast<std::size_t*>(std::exchange(*state, nullptr));
}

/// Serves from one thread, which waits for nobody, on a socket that is the library's from now on.
Daemon start_serving(int socket, Pages& pages) {
  return Daemon(MHD_start_daemon(
      MHD_USE_POLL_INTERNAL_THREAD, 0, nullptr, nullptr, serve_request, &pages,
      MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT, max_connections,
      MHD_OPTION_CONNECTION_TIMEOUT, idle_timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      connection_memory, MHD_OPTION_NOTIFY_COMPLETED, forget_request, nullptr, MHD_OPTION_END));
}

std::int64_t steady_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Page verdict(const std::string& trouble) {
  if (trouble.empty()) return {MHD_HTTP_OK, "ok\n"};
  return {MHD_HTTP_SERVICE_UNAVAILABLE, trouble + "\n"};
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

  Page page(std::string_view path) {
    if (path == "/healthz") return verdict(hung());
    if (path == "/readyz") return verdict(not_ready());
    if (path == "/metrics")
      return {MHD_HTTP_OK, prometheus::TextSerializer().Serialize(registry->Collect()),
              "text/plain; version=0.0.4; charset=utf-8"};
    return {MHD_HTTP_NOT_FOUND, "/healthz, /readyz and /metrics are here\n"};
  }

  std::shared_ptr<prometheus::Registry> registry;
  std::atomic<std::int64_t> last_turn;
  std::mutex mutex;  // guards the text below: the loop writes it, the HTTP thread reads it
  std::string why_not_ready = "starting";
  int port = 0;
  Pages pages = [this](std::string_view path) { return page(path); };
  Daemon daemon;  // last, so that it stops before what it serves is gone
};

Health::Health(std::string process) : impl_(std::make_unique<Impl>(process)) {}

Health::~Health() = default;

void Health::beat() { impl_->last_turn = steady_seconds(); }

void Health::ready(bool ready, std::string why) {
  if (!ready && why.empty()) why = "not ready";
  const std::lock_guard lock(impl_->mutex);
  impl_->why_not_ready = ready ? std::string() : std::move(why);
}

prometheus::Registry& Health::metrics() { return *impl_->registry; }

int Health::port() const { return impl_->port; }

void Health::serve(const std::string& address) {
  const auto cannot = [&](const std::string& why) {
    return std::runtime_error("cannot listen on " + address + " for --http: " + why);
  };
  const auto socket = listen_on(parse_listen_address(address), backlog);
  if (!socket) throw cannot(socket.error());
  impl_->port = port_of(*socket);
  impl_->daemon = start_serving(*socket, impl_->pages);
  if (!impl_->daemon) throw cannot("the HTTP library does not start");
}

}  // namespace stalewatch
