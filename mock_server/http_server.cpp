#include "mock_server/http_server.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace stalewatch::mock_server {
namespace {

/// Connections that the kernel keeps until they are accepted: a whole fleet may come at once.
constexpr int backlog = 4096;
/// A connection that says nothing for so long is closed.
constexpr timeval idle_timeout{120, 0};
/// As good as no limit: connections are kept for as long as the client wants.
constexpr std::size_t max_requests_per_connection = 1 << 30;
/// A peer that does not take its answer for so long is given up.
constexpr timeval write_timeout{30, 0};
/// Control requests and chat messages are far smaller.
constexpr std::size_t max_request_body = 1 << 20;

/// A thread per connection, so that a hanging answer never keeps others waiting.
class ConnectionThreads final : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(std::size_t limit) : limit_(limit) {}

  void enqueue(std::function<void()> task) override {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->active < limit_; });
    ++state_->active;
    std::thread([state = state_, task = std::move(task)] {
      task();
      const std::lock_guard guard(state->mutex);
      --state->active;
      state->changed.notify_all();
    }).detach();
  }

  void shutdown() override {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->active == 0; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t active = 0;
  };
  std::size_t limit_;
  std::shared_ptr<State> state_ =
      std::make_shared<State>();  // the last thread may outlive this queue
};

/// What the handler of a request needs to know of its connection. httplib calls handlers on the
/// thread that reads the request but hands them neither stream nor context, hence a variable of the
/// connection's thread.
struct Exchange {
  Connection* connection = nullptr;
  Afterwards afterwards;
};
thread_local Exchange* current_exchange = nullptr;

std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> make_tls(const TlsFiles& files) {
  if (files.certificate.empty()) return {nullptr, SSL_CTX_free};
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()),
                                                       SSL_CTX_free);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
    throw std::runtime_error(
        fmt::format("--tls-cert {}: no readable certificate in PEM", files.certificate));
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)
    throw std::runtime_error(
        fmt::format("--tls-key {}: not the key of {}, in PEM", files.key, files.certificate));
  return context;
}

void set_timeouts(int socket) {
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &idle_timeout, sizeof idle_timeout);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &write_timeout, sizeof write_timeout);
}

}  // namespace

HttpServer::HttpServer(ListenAddress address, const TlsFiles& tls, RequestHandler handler)
    : address_(std::move(address)), handler_(std::move(handler)), tls_(make_tls(tls)) {
  new_task_queue = [] { return new ConnectionThreads(max_connections); };
  set_tcp_nodelay(true);
  // What the Keep-Alive header tells clients.
  set_keep_alive_timeout(idle_timeout.tv_sec);
  set_keep_alive_max_count(max_requests_per_connection);
  set_payload_max_length(max_request_body);
  // httplib's default also sets SO_REUSEPORT, with which a second server on the port would go
  // unnoticed.
  set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
    answer(request, response);
  };
  // Before httplib's own routing, which looks for each request through regular expressions.
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    if (request.method != "GET" && request.method != "HEAD") return HandlerResponse::Unhandled;
    answer(request, response);
    return HandlerResponse::Handled;
  });
  Post(".*", handle);
  Put(".*", handle);
  Delete(".*", handle);
}

HttpServer::~HttpServer() { close(); }

void HttpServer::open() {
  sockets_.reopen();
  errno = 0;
  const bool any = address_.port == 0;
  const int port = any ? bind_to_any_port(address_.host) : address_.port;
  if (port <= 0 || (!any && !bind_to_port(address_.host, port)))
    throw std::runtime_error(
        fmt::format("cannot listen on {}:{}: {}", address_.host, address_.port,
                    errno != 0 ? std::strerror(errno) : "address does not resolve"));
  if (any) address_.port = port;  // once: others read it while the port closes and opens
  ::listen(svr_sock_, backlog);   // httplib asks for a handful only
  thread_ = std::thread([this] { listen_after_bind(); });
  while (!is_running()) std::this_thread::yield();  // stop() does nothing before
}

void HttpServer::close() {
  if (!is_open()) return;
  sockets_.close_all();
  stop();
  thread_.join();
}

bool HttpServer::process_and_close_socket(socket_t socket) {
  if (!sockets_.add(socket)) {
    ::close(socket);
    return false;
  }
  set_timeouts(socket);
  SslPointer ssl(tls_ ? SSL_new(tls_.get()) : nullptr);
  bool ready = true;
  if (ssl) {
    SSL_set_fd(ssl.get(), socket);
    ready = SSL_accept(ssl.get()) == 1;
  }
  if (ready) {
    Connection connection(socket, ssl.get());
    serve(connection);
    if (ssl && connection.intact()) SSL_shutdown(ssl.get());
  }
  sockets_.remove_and_close(socket);
  return ready;
}

void HttpServer::serve(Connection& connection) {
  bool closed = false;
  while (!closed && connection.wait_for_request()) {
    Exchange exchange{&connection, {}};
    current_exchange = &exchange;
    const bool processed =
        process_request(connection, false, closed, [](httplib::Request& request) {
          // Compression and ranges are for the modes to decide, not for httplib.
          request.headers.erase("Accept-Encoding");
          request.ranges.clear();
        });
    current_exchange = nullptr;
    if (exchange.afterwards) exchange.afterwards(processed && connection.intact());
    if (!processed || !connection.intact()) return;
  }
}

void HttpServer::answer(const httplib::Request& request, httplib::Response& response) {
  current_exchange->afterwards = handler_(*current_exchange->connection, request, response);
}

}  // namespace stalewatch::mock_server
