#include "notifier/sinks/rocketchat/retry.hpp"

#include "common/base/backoff.hpp"
#include "common/base/text.hpp"
#include "common/base/utf8.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace stalewatch::notifier {
namespace {

using std::chrono::milliseconds, std::chrono::minutes, std::chrono::seconds;

constexpr std::size_t max_error_text = 200;
constexpr std::size_t max_quoted_answer = 40;
constexpr Duration default_rate_limit_wait = seconds(60);  // Rocket.Chat's window

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

/// Waits of a rate limit that can be meant seriously.
std::optional<Duration> plausible(Duration wait) {
  if (wait <= Duration{0} || wait > max_rate_limit_wait) return std::nullopt;
  return wait;
}

/// The header says when the window ends, a proxy may say how long to wait, and the text says it,
/// too: "You must wait 37 seconds before trying this endpoint again."
Duration rate_limit_wait(const HttpAnswer& answer, const std::string& text, Timestamp wall) {
  if (const auto reset = number_in(answer.rate_limit_reset))
    if (*reset < std::int64_t{1} << 50)  // beyond that, microseconds overflow
      if (const auto wait = plausible(Timestamp{milliseconds(*reset)} - wall)) return *wait;
  if (const auto after = number_in(answer.retry_after))
    if (*after <= 86'400)
      if (const auto wait = plausible(seconds(*after))) return *wait;
  constexpr std::string_view words = "must wait ";
  if (const auto found = text.find(words); found != std::string::npos)
    if (const auto told = number_in(std::string_view(text).substr(found + words.size())))
      if (*told <= 86'400)
        if (const auto wait = plausible(seconds(*told))) return *wait;
  return default_rate_limit_wait;
}

/// What the body says: whether it claims success, or denies it, and the error in words.
struct Said {
  bool success = false;
  bool denied = false;
  std::string error;
};

std::string text_at(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Said said_in(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return {};
  Said said;
  if (const auto found = json.find("success"); found != json.end() && found->is_boolean())
    said.success = found->get<bool>(), said.denied = !said.success;
  said.error = text_at(json, "error");
  if (!said.error.empty()) said.denied = true;
  if (said.error.empty()) said.error = text_at(json, "message");
  return said;
}

/// A page for people: a proxy's login, a maintenance notice. Whoever sends that has handed nothing
/// on.
bool is_html(std::string_view body) {
  body = without_byte_order_mark(body);
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != body.npos && body[first] == '<';
}

/// Of a 2xx that does not say success; `why` has what it says instead.
Judgement without_success(const HttpAnswer& answer, const Said& said, const std::string& why) {
  if (said.denied)
    return {Fate::unavailable, {}, said.error.empty() ? why + " without success" : why};
  const auto status = "HTTP " + std::to_string(answer.status);
  if (is_html(answer.body))
    return {Fate::unavailable, {}, status + ", but the answer is an HTML page"};
  const auto text = escape_untrusted(answer.body, max_quoted_answer);
  return {Fate::unclear,
          {},
          status + ", but the answer " + (text.empty() ? "is empty" : "is \"" + text + '"') +
              " instead of success"};
}

Fate fate_of(long status) {
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 407:
    case 410:
    case 503:
      return Fate::sink_refused;
    case 408:
    case 425:
      return Fate::unavailable;
    default:
      break;
  }
  if (status >= 300 && status < 400)
    return Fate::sink_refused;  // the address of the webhook is another one
  if (status >= 400 && status < 500) return Fate::message_refused;
  return Fate::unavailable;
}

}  // namespace

Judgement judge(const HttpAnswer& answer, Timestamp wall) {
  if (answer.status == 0)
    return {Fate::unavailable, {}, escape_untrusted(answer.error, max_error_text)};
  const auto said = said_in(answer.body);
  const bool is_2xx = answer.status >= 200 && answer.status < 300;
  auto why = "HTTP " + std::to_string(answer.status);
  if (is_2xx && said.success) return {Fate::delivered, {}, why};
  if (!said.error.empty()) why += ": " + escape_untrusted(said.error, max_error_text);
  if (answer.status == 429 || said.error.find("too-many-requests") != std::string::npos) {
    const auto wait = rate_limit_wait(answer, said.error, wall);
    return {Fate::slow_down, wait,
            why + " (too many messages, to wait " + format_duration(wait) + ")"};
  }
  if (is_2xx) return without_success(answer, said, why);
  return {fate_of(answer.status), {}, why};
}

Duration wait_after(Fate fate, unsigned failures, double jitter) {
  constexpr Backoff of_refusals{.first = seconds(30), .longest = minutes(5)};
  constexpr Backoff of_failures{.first = seconds(1), .longest = minutes(1)};
  const auto& backoff = fate == Fate::sink_refused ? of_refusals : of_failures;
  return jittered(backoff.after(failures), 0.75, 1.25, jitter);
}

std::optional<Duration> wait_for_clarity(int attempts) {
  switch (attempts) {
    case 1:
      return minutes(1);
    case 2:
      return minutes(9);
    default:
      return std::nullopt;
  }
}

void RateLimit::on_call(SteadyTime now) {
  times_[next_] = now;
  next_ = (next_ + 1) % calls;
  if (next_ == 0) oldest_used_ = true;
}

}  // namespace stalewatch::notifier
