#include "mock_server/http_server.hpp"

#include "common/process/open_files.hpp"

#include <fmt/format.h>
#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace stalewatch::mock_server {
namespace {

/// Connections that the kernel keeps until they are accepted: a whole fleet may come at once.
constexpr int backlog = 4096;
/// A connection on which nothing moves for so long is closed.
constexpr unsigned idle_timeout_s = 120;
/// Open files that are no connections of a server.
constexpr std::size_t other_files = 50;
/// Of each connection: the head of a request has to fit, and a piece of an answer.
constexpr std::size_t connection_memory = 16 << 10;
/// Control requests and chat messages are far smaller.
constexpr std::size_t max_request_body = 1 << 20;
/// Largest piece of an answer that goes out in pieces.
constexpr std::size_t max_piece = 4 << 10;

/// At the limit of open files the library would try to accept without end; it is to close instead.
unsigned connection_limit() {
  const std::size_t files = std::max(raise_open_files_limit(), 2 * other_files);
  return static_cast<unsigned>(
      std::min<std::size_t>(HttpServer::max_connections, files - other_files));
}

/// One request from its first line until its answer has gone out, or will not.
struct Exchange {
  MHD_Connection* handle;
  Connection connection;
  Request request;
  Response response;
  Afterwards afterwards;
  bool too_large = false;
};

std::string client_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const sockaddr* address = info->client_addr;
  const socklen_t length =
      address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  char text[NI_MAXHOST] = "";
  getnameinfo(address, length, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return text;
}

MHD_Result add_to_query(void* query, MHD_ValueKind, const char* name, std::size_t name_size,
                        const char* value, std::size_t value_size) {
  static_cast<std::multimap<std::string, std::string>*>(query)->emplace(
      std::string(name, name_size), value == nullptr ? "" : std::string(value, value_size));
  return MHD_YES;
}

std::unique_ptr<Exchange> begin(MHD_Connection* connection, const char* path, const char* method) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  auto exchange = std::make_unique<Exchange>(Exchange{connection, Connection(info->connect_fd)});
  Request& request = exchange->request;
  request.method = method;
  request.path = path;
  MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, add_to_query, &request.query);
  const char* type =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
  if (type != nullptr) request.content_type = type;
  request.client = client_of(connection);
  return exchange;
}

/// A body that is too large is read to its end all the same: the client takes its answer only then.
void add_to_body(Exchange& exchange, const char* data, std::size_t size) {
  exchange.too_large = exchange.too_large || exchange.request.body.size() + size > max_request_body;
  if (!exchange.too_large) exchange.request.body.append(data, size);
}

/// A pause before a piece may be longer than a connection may be idle. The timer starts anew when
/// it is set after having been off.
void restart_idle_timer(MHD_Connection* connection) {
  for (const unsigned timeout_s : {0U, idle_timeout_s})
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, timeout_s);
}

/// Fills the library's buffer with the next piece of a body.
ssize_t read_piece(void* cls, std::uint64_t offset, char* buffer, std::size_t room) {
  auto& exchange = *static_cast<Exchange*>(cls);
  const std::string& body = exchange.response.body;
  if (offset >= body.size()) return MHD_CONTENT_READER_END_OF_STREAM;
  const std::size_t size =
      std::min({exchange.response.next_piece(offset), room, body.size() - offset});
  if (size == 0) return MHD_CONTENT_READER_END_WITH_ERROR;
  restart_idle_timer(exchange.handle);
  std::memcpy(buffer, body.data() + offset, size);
  return static_cast<ssize_t>(size);
}

using ResponsePointer = std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)>;

/// The body stays the exchange's, which outlives the library's response.
ResponsePointer make_answer(Exchange& exchange) {
  Response& response = exchange.response;
  const std::uint64_t size = response.chunked ? MHD_SIZE_UNKNOWN : response.body.size();
  ResponsePointer answer(
      response.next_piece
          ? MHD_create_response_from_callback(size, max_piece, read_piece, &exchange, nullptr)
          : MHD_create_response_from_buffer(response.body.size(), response.body.data(),
                                            MHD_RESPMEM_PERSISTENT),
      MHD_destroy_response);
  if (!response.content_type.empty())
    MHD_add_response_header(answer.get(), MHD_HTTP_HEADER_CONTENT_TYPE,
                            response.content_type.c_str());
  for (const auto& [name, value] : response.headers)
    MHD_add_response_header(answer.get(), name.c_str(), value.c_str());
  return answer;
}

void handle(const RequestHandler& handler, Exchange& exchange) {
  if (exchange.too_large) {
    exchange.response.status = MHD_HTTP_CONTENT_TOO_LARGE;
    return;
  }
  try {
    exchange.afterwards = handler(exchange.connection, exchange.request, exchange.response);
  } catch (const std::exception& error) {
    exchange.response = {.status = MHD_HTTP_INTERNAL_SERVER_ERROR,
                         .content_type = "text/plain; charset=utf-8",
                         .body = std::string(error.what()) + "\n"};
  }
}

/// Called by the library for each request: when its head is there, for each part of its body, and
/// when all of it is there.
MHD_Result serve(void* cls, MHD_Connection* connection, const char* path, const char* method,
                 const char*, const char* data, std::size_t* data_size, void** state) {
  if (*state == nullptr) {
    *state = begin(connection, path, method).release();
    return MHD_YES;
  }
  auto& exchange = *static_cast<Exchange*>(*state);
  if (*data_size > 0) {
    add_to_body(exchange, data, std::exchange(*data_size, 0));
    return MHD_YES;
  }
  handle(*static_cast<const RequestHandler*>(cls), exchange);
  if (!exchange.connection.intact()) return MHD_NO;
  return MHD_queue_response(connection, static_cast<unsigned>(exchange.response.status),
                            make_answer(exchange).get());
}

/// Called by the library when the answer has gone out, or will not.
void completed(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode how) {
  const std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(std::exchange(*state, nullptr)));
  if (exchange && exchange->afterwards)
    exchange->afterwards(how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
}

/// The PEM text of a file, empty when it has no `label`.
std::string read_pem(const std::string& file, std::string_view label) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str().find(label) == std::string::npos ? "" : text.str();
}

}  // namespace

void HttpServer::Stop::operator()(MHD_Daemon* daemon) const {
  // The library closes the socket last: whoever comes while the threads end is refused, too.
  const auto* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_LISTEN_FD);
  shutdown(info->listen_fd, SHUT_RDWR);
  MHD_stop_daemon(daemon);
}

HttpServer::HttpServer(ListenAddress address, const TlsFiles& tls, RequestHandler handler)
    : address_(std::move(address)), tls_(read_tls(tls)), handler_(std::move(handler)) {}

HttpServer::~HttpServer() = default;

HttpServer::TlsTexts HttpServer::read_tls(const TlsFiles& files) {
  if (files.certificate.empty()) return {};
  TlsTexts texts{read_pem(files.certificate, "-----BEGIN CERTIFICATE"),
                 read_pem(files.key, "PRIVATE KEY-----")};
  if (texts.certificate.empty())
    throw std::runtime_error(
        fmt::format("--tls-cert {}: no readable certificate in PEM", files.certificate));
  // A server that serves nobody, only to see whether the library takes them.
  const Daemon trial(MHD_start_daemon(MHD_USE_TLS | MHD_USE_NO_LISTEN_SOCKET, 0, nullptr, nullptr,
                                      serve, nullptr, MHD_OPTION_HTTPS_MEM_CERT,
                                      texts.certificate.c_str(), MHD_OPTION_HTTPS_MEM_KEY,
                                      texts.key.c_str(), MHD_OPTION_END));
  if (!trial)
    throw std::runtime_error(
        fmt::format("--tls-key {}: not the key of {}, in PEM", files.key, files.certificate));
  return texts;
}

HttpServer::Daemon HttpServer::start(int socket) {
  const bool tls = !tls_.certificate.empty();
  MHD_OptionItem none[] = {{MHD_OPTION_END, 0, nullptr}};
  MHD_OptionItem texts[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, tls_.certificate.data()},
                            {MHD_OPTION_HTTPS_MEM_KEY, 0, tls_.key.data()},
                            {MHD_OPTION_END, 0, nullptr}};
  // No dates of its own: they, and their absence, are for the modes to decide.
  const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                         MHD_USE_POLL | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
  return Daemon(MHD_start_daemon(
      flags | (tls ? MHD_USE_TLS : MHD_NO_FLAG), 0, nullptr, nullptr, serve, &handler_,
      MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT, connection_limit(),
      MHD_OPTION_CONNECTION_TIMEOUT, idle_timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      connection_memory, MHD_OPTION_NOTIFY_COMPLETED, completed, nullptr, MHD_OPTION_ARRAY,
      tls ? texts : none, MHD_OPTION_END));
}

void HttpServer::open() {
  const auto cannot = [this](const std::string& why) {
    return std::runtime_error(
        fmt::format("cannot listen on {}:{}: {}", address_.host, address_.port, why));
  };
  const auto socket = listen_on(address_, backlog);
  if (!socket) throw cannot(socket.error());
  // Once: others read it while the port closes and opens.
  if (address_.port == 0) address_.port = port_of(*socket);
  daemon_ = start(*socket);  // which owns the socket now
  if (!daemon_) throw cannot("the HTTP library does not start");
}

}  // namespace stalewatch::mock_server
