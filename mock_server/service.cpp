#include "mock_server/service.hpp"

#include "mock_server/delivery.hpp"
#include "mock_server/json_text.hpp"

#include <charconv>

namespace stalewatch::mock_server {
namespace {

constexpr const char* json_type = "application/json";
constexpr std::string_view hooks_prefix = "/hooks/";
constexpr std::string_view hooks_info = "info/";

void refuse(httplib::Response& response, int status, const std::string& why) {
  response.status = status;
  response.set_content("{\"error\":" + json_text(why) + "}\n", json_type);
}

void wrong_method(httplib::Response& response, const char* allowed) {
  response.set_header("Allow", allowed);
  refuse(response, 405, std::string("allowed methods: ") + allowed);
}

bool reads(const httplib::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

Words query_of(const httplib::Request& request) {
  return {request.params.begin(), request.params.end()};
}

}  // namespace

Afterwards Service::handle(Connection& connection, const httplib::Request& request,
                           httplib::Response& response) {
  if (request.path == "/control") return control(request, response);
  if (request.path == "/log") return log(request, response), Afterwards{};
  if (request.path == "/hooks/received") return received(request, response), Afterwards{};
  if (request.path.starts_with(hooks_prefix))
    return hook(connection, request, response), Afterwards{};
  return watched_path(connection, request, response);
}

Listening Service::listening(Timestamp now) {
  const std::lock_guard lock(mutex_);
  return model_.listening(now);
}

Afterwards Service::control(const httplib::Request& request, httplib::Response& response) {
  const Timestamp now = read_clocks().wall;
  const std::lock_guard lock(mutex_);
  if (reads(request))
    return response.set_content(model_.control_page(now), json_type), Afterwards{};
  if (request.method != "POST") return wrong_method(response, "GET, POST"), Afterwards{};
  const auto reply = model_.control(request.body, now);
  if (!reply) return refuse(response, 400, reply.error()), Afterwards{};
  response.set_content(*reply, json_type);
  return [this](bool) { listening_changed_(); };
}

void Service::log(const httplib::Request& request, httplib::Response& response) {
  const std::lock_guard lock(mutex_);
  if (request.method == "DELETE") {
    model_.log.clear();
    response.set_content("{}\n", json_type);
    return;
  }
  if (!reads(request)) return wrong_method(response, "GET, DELETE");
  std::uint64_t after = 0;
  const std::string text = request.get_param_value("after");
  std::from_chars(text.data(), text.data() + text.size(), after);
  response.set_header("X-Log-Dropped", std::to_string(model_.log.dropped()));
  response.set_content(model_.log.json_lines(request.get_param_value("path"), after),
                       "application/x-ndjson");
}

void Service::received(const httplib::Request& request, httplib::Response& response) {
  const std::lock_guard lock(mutex_);
  if (request.method == "DELETE")
    model_.hooks.clear_received();
  else if (!reads(request))
    return wrong_method(response, "GET, DELETE");
  response.set_content(model_.hooks.received_json(), json_type);
}

void Service::hook(Connection& connection, const httplib::Request& request,
                   httplib::Response& response) {
  std::string credentials = request.path.substr(hooks_prefix.size());
  const bool info = credentials.starts_with(hooks_info);
  if (info) credentials = credentials.substr(hooks_info.size());
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    if (info) {
      const auto& tokens = model_.hooks.rules.tokens;
      const bool known = tokens.empty() || tokens.contains(credentials);
      if (!known) return refuse(response, 404, "Invalid integration id or token provided.");
      response.set_content("{\"success\":true}", json_type);
      return;
    }
    answer = model_.hook(
        {credentials, request.remote_addr, request.get_header_value("Content-Type"), request.body},
        read_clocks().wall);
  }
  deliver(answer, connection, response);
}

Afterwards Service::watched_path(Connection& connection, const httplib::Request& request,
                                 httplib::Response& response) {
  if (!reads(request)) return wrong_method(response, "GET"), Afterwards{};
  const Timestamp now = read_clocks().wall;
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    auto made = model_.answer(request.path, query_of(request), now);
    if (!made) return refuse(response, 400, made.error()), Afterwards{};
    answer = *std::move(made);
  }
  if (!deliver(answer, connection, response)) return {};
  SentAnswer entry{.at = now,
                   .client = request.remote_addr,
                   .path = request.path,
                   .mode = answer.mode,
                   .status = answer.status,
                   .computed_at = answer.computed_at};
  return [this, entry = std::move(entry)](bool sent) mutable {
    if (!sent) return;
    entry.sent_at = read_clocks().wall;
    const std::lock_guard lock(mutex_);
    model_.log.add(std::move(entry));
  };
}

}  // namespace stalewatch::mock_server
