#include "prober/verdict.hpp"

#include "common/base/text.hpp"
#include "prober/tls_words.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace stalewatch::prober {
namespace {

constexpr std::size_t max_quoted = 60;  // bytes of a value or foreign text in a detail
constexpr std::size_t max_address = 120;

/// A value without an offset that is ahead by no more than the largest offset there is was perhaps
/// local time.
constexpr Duration largest_utc_offset = std::chrono::hours(14);

Verdict dns(std::string what) { return {Outcome::dns, std::move(what)}; }
Verdict connect(std::string what) { return {Outcome::connect, std::move(what)}; }

Verdict no_connection(const std::string& why) {
  return connect("no connection: " + escape_untrusted(why, max_address));
}

Verdict timed_out(const Transfer& transfer, Duration timeout) {
  const std::string after = format_duration(timeout);
  switch (transfer.phase) {
    case Phase::resolving:
      return dns("no answer from the name service within " + after);
    case Phase::connecting:
      return {Outcome::timeout, "timeout after " + after + " (no connection)"};
    case Phase::tls_handshake:
      return {Outcome::timeout, "timeout after " + after + " (connected, TLS handshake not done)"};
    case Phase::waiting:
      return {Outcome::timeout, "timeout after " + after + " (connected, no answer)"};
    case Phase::receiving:
      break;
  }
  return {Outcome::timeout, "timeout after " + after + " (answer not complete)"};
}

Verdict not_connected(const Transfer& transfer) {
  switch (transfer.os_error) {
    case ECONNREFUSED:
      return connect("connection refused");
    case EHOSTUNREACH:
      return connect("no route to the host");
    case ENETUNREACH:
      return connect("the network is unreachable");
    case ETIMEDOUT:
      return {Outcome::timeout, "timeout (no connection)"};
    case EADDRNOTAVAIL:
      return connect("the prober has no free local port");
    case EMFILE:
    case ENFILE:
      return connect("the prober has no file descriptor left");
    case 0:
      return no_connection(transfer.curl_text);
    default:
      return no_connection(std::generic_category().message(transfer.os_error));
  }
}

Verdict broken_off(const Transfer& transfer) {
  const bool reset = transfer.os_error == ECONNRESET ||
                     transfer.curl_text.find("reset by peer") != std::string::npos;
  if (transfer.phase == Phase::receiving)
    return connect(reset ? "connection reset in the middle of the answer"
                         : "connection closed in the middle of the answer");
  return connect(reset ? "connection reset before an answer"
                       : "connection closed without an answer");
}

std::string size_text(std::int64_t bytes) {
  if (bytes % (1 << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  if (bytes % (1 << 10) == 0) return std::to_string(bytes >> 10) + " KiB";
  return std::to_string(bytes) + " bytes";
}

Verdict status_verdict(const Transfer& transfer) {
  std::string detail = "HTTP " + std::to_string(transfer.http_status);
  if (!transfer.redirect_to.empty())
    detail += ", redirect to " +
              escape_untrusted(address_for_people(transfer.redirect_to), max_address) +
              " not followed (follow_redirects: true follows it)";
  if (transfer.http_status == 204) detail += " (no content)";
  return {Outcome::http_status, detail};
}

bool has_body_by_status(std::uint16_t status) {
  return status >= 200 && status < 300 && status != 204 && status != 205;
}

Verdict judge_fault(const Transfer& transfer, const TargetSpec& spec, Timestamp at) {
  switch (transfer.fault) {
    case Fault::timed_out:
      return timed_out(transfer, spec.timeout);
    case Fault::host_unknown:
      return dns("its name does not resolve");
    case Fault::proxy_unknown:
      return dns("the proxy's name does not resolve");
    case Fault::not_connected:
      return not_connected(transfer);
    case Fault::broken_off:
      return broken_off(transfer);
    case Fault::too_many_redirects:
      return {Outcome::http_status,
              "HTTP " + std::to_string(transfer.http_status) + ", too many redirects"};
    case Fault::unsupported_protocol:
      if (transfer.http_status / 100 == 3)
        return {Outcome::http_status, "HTTP " + std::to_string(transfer.http_status) +
                                          ", redirect to neither http nor https"};
      [[fallthrough]];
    case Fault::not_http:
      return connect("the answer is not HTTP");
    case Fault::bad_compression:
      return {Outcome::not_json, "not JSON: the compression is broken"};
    case Fault::bad_address:
      return connect("the address is not a URL");
    case Fault::tls_not_verified:
    case Fault::tls_ca_file:
    case Fault::tls_own_certificate:
    case Fault::tls_wants_certificate:
    case Fault::tls:
      return tls_verdict(transfer, at);
    case Fault::none:
    case Fault::other:
      break;
  }
  return no_connection(transfer.curl_text);
}

/// The latest that it may be now, by whichever clock the data may go by: ours, set right by the
/// aggregator's, or the one that the answer's Date shows. A Date that is behind may be that of a
/// machine in front of the data's.
Timestamp latest_now(const Transfer& transfer, Timestamp at,
                     const std::optional<ClockOffset>& ours) {
  Timestamp latest = at;
  if (ours) latest += ours->offset + ours->uncertainty;
  if (transfer.clock_offset && is_a_clock(*transfer.clock_offset, ours))
    latest = std::max(latest, at + *transfer.clock_offset +
                                  transfer.clock_uncertainty.value_or(Duration::zero()));
  return latest;
}

/// "2h", not "1h59m" for what is a moment less.
Duration rounded(Duration d) {
  if (d < std::chrono::minutes(10)) return std::chrono::round<std::chrono::seconds>(d);
  return std::chrono::round<std::chrono::minutes>(d);
}

std::string future_detail(const BodyReading& reading, Duration ahead) {
  std::string detail =
      quoted(reading.raw) + " is " + format_duration(rounded(ahead)) + " in the future";
  if (!reading.had_offset && ahead <= largest_utc_offset)
    detail += "; local time without an offset? timezone: says of which zone";
  return detail;
}

}  // namespace

bool is_a_clock(Duration offset, const std::optional<ClockOffset>& ours) {
  constexpr Duration farthest = std::chrono::hours(24);
  return std::chrono::abs(offset - (ours ? ours->offset : Duration::zero())) <= farthest;
}

std::string quoted(const std::string& raw) { return '"' + escape_value(raw, max_quoted) + '"'; }

std::optional<Verdict> judge_transfer(const Transfer& transfer, const TargetSpec& spec,
                                      Timestamp at) {
  // A status that is no success says more than how its body ended. Redirects under way are no
  // answer yet.
  const bool on_the_way = spec.follow_redirects && transfer.http_status / 100 == 3;
  if (transfer.http_status >= 200 && !on_the_way && !has_body_by_status(transfer.http_status))
    return status_verdict(transfer);
  if (transfer.no_such_name) return dns("its name does not resolve");
  if (transfer.no_name_service) return dns("the name service gives no answer");
  if (transfer.headers_too_large) return Verdict{Outcome::too_large, "headers of more than 64 KiB"};
  if (transfer.body_too_large)
    return Verdict{Outcome::too_large, "body of more than " + size_text(spec.max_body)};
  if (transfer.fault != Fault::none) return judge_fault(transfer, spec, at);
  if (!has_body_by_status(transfer.http_status)) return status_verdict(transfer);
  return std::nullopt;
}

Verdict judge_reading(const BodyReading& reading, const Transfer& transfer, const TargetSpec& spec,
                      Timestamp at, const std::optional<ClockOffset>& ours) {
  if (reading.outcome != Outcome::ok || !reading.computed_at)
    return {reading.outcome, reading.detail};
  const Duration ahead = *reading.computed_at - latest_now(transfer, at, ours);
  if (ahead > spec.max_future) return {Outcome::time_in_future, future_detail(reading, ahead)};
  return {};
}

}  // namespace stalewatch::prober
