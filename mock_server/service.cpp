#include "mock_server/service.hpp"

#include "common/base/clocks.hpp"
#include "mock_server/delivery.hpp"
#include "mock_server/json_text.hpp"

#include <charconv>

namespace stalewatch::mock_server {
namespace {

constexpr const char* json_type = "application/json";
constexpr std::string_view hooks_prefix = "/hooks/";
constexpr std::string_view hooks_info = "info/";

/// The answer of the mock server itself, in contrast to those that it was ordered to give.
void reply(Response& response, std::string body, const char* type = json_type) {
  response.content_type = type;
  response.body = std::move(body);
}

void refuse(Response& response, int status, const std::string& why) {
  response.status = status;
  reply(response, "{\"error\":" + json_text(why) + "}\n");
}

void wrong_method(Response& response, const char* allowed) {
  response.headers.emplace_back("Allow", allowed);
  refuse(response, 405, std::string("allowed methods: ") + allowed);
}

bool reads(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

Words words_of(const Request& request) { return {request.query.begin(), request.query.end()}; }

/// Empty where the query has no such parameter.
std::string parameter(const Request& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

}  // namespace

Afterwards Service::handle(Connection& connection, const Request& request, Response& response) {
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

Afterwards Service::control(const Request& request, Response& response) {
  const Timestamp now = read_clocks().wall;
  const std::lock_guard lock(mutex_);
  if (reads(request)) return reply(response, model_.control_page(now)), Afterwards{};
  if (request.method != "POST") return wrong_method(response, "GET, POST"), Afterwards{};
  const auto changed = model_.control(request.body, now);
  if (!changed) return refuse(response, 400, changed.error()), Afterwards{};
  reply(response, *changed);
  return [this](bool) { listening_changed_(); };
}

void Service::log(const Request& request, Response& response) {
  const std::lock_guard lock(mutex_);
  if (request.method == "DELETE") {
    model_.log.clear();
    reply(response, "{}\n");
    return;
  }
  if (!reads(request)) return wrong_method(response, "GET, DELETE");
  std::uint64_t after = 0;
  const std::string text = parameter(request, "after");
  std::from_chars(text.data(), text.data() + text.size(), after);
  response.headers.emplace_back("X-Log-Dropped", std::to_string(model_.log.dropped()));
  reply(response, model_.log.json_lines(parameter(request, "path"), after), "application/x-ndjson");
}

void Service::received(const Request& request, Response& response) {
  const std::lock_guard lock(mutex_);
  if (request.method == "DELETE")
    model_.hooks.clear_received();
  else if (!reads(request))
    return wrong_method(response, "GET, DELETE");
  reply(response, model_.hooks.received_json());
}

void Service::hook(Connection& connection, const Request& request, Response& response) {
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
      return reply(response, "{\"success\":true}");
    }
    answer = model_.hook({credentials, request.client, request.content_type, request.body},
                         read_clocks().wall);
  }
  deliver(answer, connection, response);
}

Afterwards Service::watched_path(Connection& connection, const Request& request,
                                 Response& response) {
  if (!reads(request)) return wrong_method(response, "GET"), Afterwards{};
  const Timestamp now = read_clocks().wall;
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    auto made = model_.answer(request.path, words_of(request), now);
    if (!made) return refuse(response, 400, made.error()), Afterwards{};
    answer = *std::move(made);
  }
  if (!deliver(answer, connection, response)) return {};
  SentAnswer entry{.at = now,
                   .client = request.client,
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
