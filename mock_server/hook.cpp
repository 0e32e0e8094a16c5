#include "mock_server/hook.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace stalewatch::mock_server {
namespace {

using nlohmann::json;

/// What GET /hooks/received remembers at most: plenty for a test that runs for hours.
constexpr std::size_t max_received = 10000;
constexpr std::size_t max_received_bytes = 64 << 20;
/// Rate limit windows kept at most; expired ones go when there are more.
constexpr std::size_t max_windows = 10000;

constexpr const char* success = "{\"success\":true}";

std::string failure(const std::string& error) {
  return json{{"success", false}, {"error", error}}.dump();
}

/// The body that Rocket.Chat sends with a status.
std::string body_of_status(int status) {
  switch (status) {
    case 401:
      return json{{"status", "error"}, {"message", "You must be logged in to do this."}}.dump();
    case 404:
      return failure("Invalid integration id or token provided.");
    case 500:
      return failure("Internal server error");
    case 503:
      return failure("Service Unavailable");
    default:
      return status / 100 == 2 ? success : failure(fmt::format("status {}", status));
  }
}

std::int64_t ceil_seconds(Duration length) {
  return std::chrono::ceil<std::chrono::seconds>(length).count();
}

/// Whether a message counts as posted although its answer is broken: the fault comes after the
/// work.
bool works_despite(const Settings& settings) {
  switch (settings.mode) {
    case Mode::ok:
      return settings.status == 200;
    case Mode::reset:
    case Mode::close_mid_body:
    case Mode::trickle:
    case Mode::gzip:
    case Mode::chunked:
      return true;
    default:
      return false;
  }
}

/// What the fault does to an answer that has been worked out.
Answer with_fault(const Settings& settings, Answer worked, Timestamp now) {
  Answer fault = make_answer(settings, "/hooks", now);
  const bool keeps_body = works_despite(settings);
  if (settings.mode == Mode::status || settings.mode == Mode::ok)
    fault.body = body_of_status(settings.status);
  if (settings.mode == Mode::success_false) fault.body = failure("error-running-script");
  if (keeps_body) {
    fault.status = worked.status;
    fault.body = settings.mode == Mode::gzip ? gzip(worked.body) : worked.body;
  }
  for (auto& header : worked.headers) fault.headers.push_back(std::move(header));
  return fault;
}

}  // namespace

Result<HookRate> parse_rate(std::string_view text) {
  if (text == "off") return HookRate{.calls = 0};
  const auto slash = text.find('/');
  HookRate rate;
  const std::string_view calls = text.substr(0, slash);
  const auto [end, error] = std::from_chars(calls.data(), calls.data() + calls.size(), rate.calls);
  const auto window =
      slash == std::string_view::npos ? std::nullopt : parse_duration(text.substr(slash + 1));
  if (error != std::errc{} || end != calls.data() + calls.size() || rate.calls == 0 || !window ||
      *window <= Duration::zero())
    return Error{"expected a rate such as 10/60s, or off"};
  rate.window = *window;
  return rate;
}

Answer Hooks::call(const HookCall& call, const Settings& settings, Timestamp now) {
  bool posted = false;
  Answer worked;
  worked.body = success;
  if (works_despite(settings)) worked = answer_to(call, now, posted);
  Answer answer = with_fault(settings, std::move(worked), now);
  remember(call, answer, posted, now);
  return answer;
}

Answer Hooks::answer_to(const HookCall& call, Timestamp now, bool& posted) {
  Answer answer;
  answer.body = success;
  count(call, answer, now);
  if (answer.status != 200) return answer;
  if (!rules.tokens.empty() && !rules.tokens.contains(call.credentials)) {
    answer.status = 404;
    answer.body = body_of_status(answer.status);
    return answer;
  }
  const json fields = hook_fields(call.content_type, call.body);
  if (fields.empty()) return answer;  // the trap: success, and nothing posted
  if (const auto refusal = hook_refusal(fields, rules.permissions)) {
    answer.status = 400;
    answer.body = failure(*refusal);
    return answer;
  }
  posted = true;
  return answer;
}

void Hooks::count(const HookCall& call, Answer& answer, Timestamp now) {
  if (rules.rate.calls == 0) return;
  const auto over = [&](const Window& window) { return now - window.start > rules.rate.window; };
  if (windows_.size() >= max_windows)
    std::erase_if(windows_, [&](const auto& entry) { return over(entry.second); });
  Window& window = windows_[call.client + " " + call.credentials];
  if (window.calls == 0 || over(window)) window = {now, 0};
  ++window.calls;
  const Timestamp reset = window.start + rules.rate.window;
  const auto left = rules.rate.calls - std::min(window.calls, rules.rate.calls);
  const auto reset_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(reset.time_since_epoch()).count();
  answer.headers.emplace_back("X-RateLimit-Limit", std::to_string(rules.rate.calls));
  answer.headers.emplace_back("X-RateLimit-Remaining", std::to_string(left));
  answer.headers.emplace_back("X-RateLimit-Reset", std::to_string(reset_ms));
  if (window.calls <= rules.rate.calls) return;
  answer.status = 429;
  answer.body =
      failure(fmt::format("Error, too many requests. Please slow down. You must wait {} seconds "
                          "before trying this endpoint again. "
                          "[error-too-many-requests]",
                          ceil_seconds(reset - now)));
}

void Hooks::remember(const HookCall& call, const Answer& answer, bool posted, Timestamp now) {
  const bool answered = answer.delivery != Delivery::hang && answer.delivery != Delivery::refuse;
  received_.push_back({++last_n_, now, call, answered ? answer.status : 0, posted});
  received_bytes_ += call.body.size();
  while (received_.size() > max_received ||
         (received_bytes_ > max_received_bytes && received_.size() > 1)) {
    received_bytes_ -= received_.front().call.body.size();
    received_.pop_front();
    ++dropped_;
  }
}

std::string Hooks::received_json() const {
  json list = json::array();
  for (const auto& [n, at, call, status, posted] : received_) {
    const json fields = hook_fields(call.content_type, call.body);
    json entry{{"n", n},
               {"at", format_utc(at)},
               {"hook", call.credentials},
               {"status", status},
               {"posted", posted}};
    entry["body"] = fields.empty() ? json() : fields;
    if (fields.empty()) entry["raw"] = call.body;
    list.push_back(std::move(entry));
  }
  return json{{"dropped", dropped_}, {"received", std::move(list)}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

void Hooks::clear_received() {
  received_.clear();
  received_bytes_ = 0;
}

}  // namespace stalewatch::mock_server
