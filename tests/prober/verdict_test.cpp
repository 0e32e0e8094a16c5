#include "prober/verdict.hpp"

#include "prober/curl_fault.hpp"
#include "tests/catch.hpp"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <cerrno>

namespace stalewatch::prober {
namespace {

using namespace std::chrono_literals;

const Timestamp at = timestamp_from_us(1'800'000'000'000'000);

TargetSpec spec_with(Duration timeout = 10s) {
  TargetSpec spec;
  spec.timeout = timeout;
  spec.max_future = 1min;
  return spec;
}

Transfer failed(int code, Phase phase = Phase::connecting, int os_error = 0,
                std::string text = {}) {
  Transfer transfer;
  transfer.fault = fault_of(code);
  transfer.phase = phase;
  transfer.os_error = os_error;
  transfer.curl_text = std::move(text);
  return transfer;
}

Transfer answered(std::uint16_t status, int code = CURLE_OK, std::string redirect_to = {}) {
  Transfer transfer;
  transfer.http_status = status;
  transfer.fault = fault_of(code);
  transfer.phase = Phase::receiving;
  transfer.redirect_to = std::move(redirect_to);
  return transfer;
}

struct Row {
  Transfer transfer;
  Outcome outcome;
  std::string detail;
};

void check(const std::vector<Row>& rows, const TargetSpec& spec = spec_with()) {
  for (const auto& row : rows) {
    const auto verdict = judge_transfer(row.transfer, spec, at);
    INFO(row.detail);
    REQUIRE(verdict);
    CHECK(verdict->outcome == row.outcome);
    CHECK(verdict->detail == row.detail);
  }
}

TEST_CASE("a connection that fails says how", "[verdict]") {
  check({
      {failed(CURLE_COULDNT_RESOLVE_HOST), Outcome::dns, "its name does not resolve"},
      {failed(CURLE_COULDNT_CONNECT, Phase::connecting, ECONNREFUSED), Outcome::connect,
       "connection refused"},
      {failed(CURLE_COULDNT_CONNECT, Phase::connecting, EHOSTUNREACH), Outcome::connect,
       "no route to the host"},
      {failed(CURLE_COULDNT_CONNECT, Phase::connecting, ENETUNREACH), Outcome::connect,
       "the network is unreachable"},
      {failed(CURLE_COULDNT_CONNECT, Phase::connecting, EMFILE), Outcome::connect,
       "the prober has no file descriptor left"},
      {failed(CURLE_COULDNT_CONNECT, Phase::connecting, 0, "odd\x1b[31m\n"), Outcome::connect,
       "no connection: odd\\x1b[31m\\n"},
      {failed(CURLE_GOT_NOTHING, Phase::waiting), Outcome::connect,
       "connection closed without an answer"},
      {failed(CURLE_RECV_ERROR, Phase::waiting, ECONNRESET), Outcome::connect,
       "connection reset before an answer"},
      {failed(CURLE_RECV_ERROR, Phase::receiving, 0, "Recv failure: Connection reset by peer"),
       Outcome::connect, "connection reset in the middle of the answer"},
      {failed(CURLE_PARTIAL_FILE, Phase::receiving), Outcome::connect,
       "connection closed in the middle of the answer"},
      {failed(CURLE_UNSUPPORTED_PROTOCOL, Phase::receiving), Outcome::connect,
       "the answer is not HTTP"},
      {failed(CURLE_BAD_CONTENT_ENCODING, Phase::receiving), Outcome::not_json,
       "not JSON: the compression is broken"},
  });
}

TEST_CASE("a timeout says how far it came", "[verdict]") {
  check({
      {failed(CURLE_OPERATION_TIMEDOUT, Phase::resolving), Outcome::dns,
       "no answer from the name service within 10s"},
      {failed(CURLE_OPERATION_TIMEDOUT, Phase::connecting), Outcome::timeout,
       "timeout after 10s (no connection)"},
      {failed(CURLE_OPERATION_TIMEDOUT, Phase::tls_handshake), Outcome::timeout,
       "timeout after 10s (connected, TLS handshake not done)"},
      {failed(CURLE_OPERATION_TIMEDOUT, Phase::waiting), Outcome::timeout,
       "timeout after 10s (connected, no answer)"},
      {failed(CURLE_OPERATION_TIMEDOUT, Phase::receiving), Outcome::timeout,
       "timeout after 10s (answer not complete)"},
  });
}

TEST_CASE("only a 2xx with a body is an answer", "[verdict]") {
  check({
      {answered(404), Outcome::http_status, "HTTP 404"},
      {answered(503), Outcome::http_status, "HTTP 503"},
      {answered(204), Outcome::http_status, "HTTP 204 (no content)"},
      {answered(304), Outcome::http_status, "HTTP 304"},
      {answered(302, CURLE_OK, "http://user:secret@b.example/x"), Outcome::http_status,
       "HTTP 302, redirect to http://b.example/x not followed (follow_redirects: true follows it)"},
      // The status is what matters, however its body ends.
      {answered(500, CURLE_PARTIAL_FILE), Outcome::http_status, "HTTP 500"},
      {answered(500, CURLE_OPERATION_TIMEDOUT), Outcome::http_status, "HTTP 500"},
      {answered(200, CURLE_PARTIAL_FILE), Outcome::connect,
       "connection closed in the middle of the answer"},
  });
  CHECK_FALSE(judge_transfer(answered(200), spec_with(), at));
  CHECK_FALSE(judge_transfer(answered(203), spec_with(), at));
}

TEST_CASE("redirects that are followed are judged by where they end", "[verdict]") {
  TargetSpec spec = spec_with();
  spec.follow_redirects = true;
  check({{answered(302, CURLE_TOO_MANY_REDIRECTS), Outcome::http_status,
          "HTTP 302, too many redirects"},
         {answered(302, CURLE_UNSUPPORTED_PROTOCOL), Outcome::http_status,
          "HTTP 302, redirect to neither http nor https"},
         {answered(304), Outcome::http_status, "HTTP 304"}},
        spec);
  Transfer next_hop_refuses = answered(302, CURLE_COULDNT_CONNECT);
  next_hop_refuses.os_error = ECONNREFUSED;
  check({{next_hop_refuses, Outcome::connect, "connection refused"}}, spec);
}

TEST_CASE("what is too large is said with the limit", "[verdict]") {
  Transfer body = answered(200, CURLE_WRITE_ERROR);
  body.body_too_large = true;
  Transfer headers = answered(200, CURLE_WRITE_ERROR);
  headers.headers_too_large = true;
  TargetSpec odd = spec_with();
  odd.max_body = 1000;
  check({{body, Outcome::too_large, "body of more than 1 MiB"},
         {headers, Outcome::too_large, "headers of more than 64 KiB"}});
  check({{body, Outcome::too_large, "body of more than 1000 bytes"}}, odd);
}

TEST_CASE("a refused certificate says why", "[verdict]") {
  const auto refused = [](int error, Duration validity_ended_ago, bool leaf = true) {
    Transfer transfer = failed(CURLE_PEER_FAILED_VERIFICATION, Phase::tls_handshake);
    transfer.refusal = {error, leaf};
    transfer.certificate = Certificate{at + 50h, at - validity_ended_ago, "a.example"};
    return transfer;
  };
  Transfer wrong_host = failed(CURLE_PEER_FAILED_VERIFICATION, Phase::tls_handshake);
  wrong_host.certificate = Certificate{{}, {}, "other.example, \x1b[0m"};
  check({
      {refused(X509_V_ERR_CERT_HAS_EXPIRED, 75h), Outcome::tls, "certificate expired 3 days ago"},
      {refused(X509_V_ERR_CERT_HAS_EXPIRED, 25h), Outcome::tls, "certificate expired 1 day ago"},
      {refused(X509_V_ERR_CERT_HAS_EXPIRED, 90min), Outcome::tls, "certificate expired 1h30m ago"},
      {refused(X509_V_ERR_CERT_HAS_EXPIRED, 75h, false), Outcome::tls,
       "a certificate of the chain expired"},
      {refused(X509_V_ERR_CERT_NOT_YET_VALID, 0s), Outcome::tls,
       "certificate is not valid for another 2 days"},
      {refused(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0s), Outcome::tls,
       "self-signed certificate"},
      {refused(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0s), Outcome::tls,
       "certificate signed by an unknown authority (or the chain is incomplete)"},
      {wrong_host, Outcome::tls,
       "certificate is not for this host (but for other.example, \\x1b[0m)"},
      {failed(CURLE_SSL_CACERT_BADFILE), Outcome::tls, "ca_file cannot be read by the prober"},
      {failed(CURLE_SSL_CONNECT_ERROR, Phase::tls_handshake, 0,
              "error:0A00010B:SSL routines::wrong version number"),
       Outcome::tls, "the server does not speak TLS on this port"},
      {failed(CURLE_SSL_CONNECT_ERROR, Phase::tls_handshake, ECONNRESET, "OpenSSL SSL_connect"),
       Outcome::connect, "connection closed during the TLS handshake"},
  });
}

BodyReading reading_of(Timestamp computed_at, bool had_offset = true) {
  BodyReading reading;
  reading.computed_at = computed_at;
  reading.had_offset = had_offset;
  reading.raw = "2027\n";
  return reading;
}

TEST_CASE("a computed time may be ahead by max_future, to the microsecond", "[verdict]") {
  const auto outcome = [](Timestamp computed_at) {
    return judge_reading(reading_of(computed_at), answered(200), spec_with(), at, {}).outcome;
  };
  CHECK(outcome(at + 1min - 1us) == Outcome::ok);
  CHECK(outcome(at + 1min) == Outcome::ok);
  CHECK(outcome(at + 1min + 1us) == Outcome::time_in_future);
}

TEST_CASE("the future is ahead of the target's own clock and of the aggregator's", "[verdict]") {
  const auto outcome = [&](Duration computed_at, std::optional<Duration> date,
                           std::optional<Duration> ours) {
    Transfer transfer = answered(200);
    transfer.clock_offset = date;
    if (date) transfer.clock_uncertainty = 600ms;
    std::optional<ClockOffset> aggregator;
    if (ours) aggregator = ClockOffset{*ours, 10ms};
    return judge_reading(reading_of(at + computed_at), transfer, spec_with(), at, aggregator)
        .outcome;
  };
  // The target's clock is ahead, and so may its data be.
  CHECK(outcome(6min + 600ms, 5min, {}) == Outcome::ok);
  CHECK(outcome(6min + 600ms + 1us, 5min, {}) == Outcome::time_in_future);
  CHECK(outcome(24h, 24h, {}) == Outcome::ok);
  CHECK(outcome(24h, 24h + 1us, {}) == Outcome::time_in_future);  // no clock is so far off
  // A Date that is behind makes nothing of the present a future.
  CHECK(outcome(1min, -5min, {}) == Outcome::ok);
  CHECK(outcome(1min + 1us, -5min, {}) == Outcome::time_in_future);
  // The prober's own clock is an hour ahead of the aggregator's.
  CHECK(outcome(-59min + 10ms, {}, -1h) == Outcome::ok);
  CHECK(outcome(-59min + 10ms + 1us, {}, -1h) == Outcome::time_in_future);
  CHECK(outcome(0s, -2h, -1h) == Outcome::time_in_future);
}

TEST_CASE("a Date is a clock's within a day of the aggregator's clock", "[verdict]") {
  CHECK(is_a_clock(24h, {}));
  CHECK(is_a_clock(-24h, {}));
  CHECK_FALSE(is_a_clock(24h + 1us, {}));
  CHECK_FALSE(is_a_clock(-24h - 1us, {}));
  // It is the prober's own clock that is days behind.
  CHECK(is_a_clock(72h + 5min, ClockOffset{72h, 10ms}));
  CHECK_FALSE(is_a_clock(5min, ClockOffset{72h, 10ms}));
}

TEST_CASE("a time in the future is quoted, with a hint when it looks like local time",
          "[verdict]") {
  const auto detail = [](Duration ahead, bool had_offset) {
    return judge_reading(reading_of(at + ahead, had_offset), answered(200), spec_with(), at, {})
        .detail;
  };
  CHECK(detail(2h, true) == R"("2027\n" is 2h in the future)");
  CHECK(
      detail(2h, false) ==
      R"("2027\n" is 2h in the future; local time without an offset? timezone: says of which zone)");
  CHECK(
      detail(14h, false) ==
      R"("2027\n" is 14h in the future; local time without an offset? timezone: says of which zone)");
  CHECK(detail(2h - 500ms, true) == R"("2027\n" is 2h in the future)");
  CHECK(detail(61s, true) == R"("2027\n" is 1m01s in the future)");
  CHECK(detail(14h + 1us, false) == R"("2027\n" is 14h in the future)");
}

TEST_CASE("what the body says goes through", "[verdict]") {
  BodyReading reading;
  reading.outcome = Outcome::field_missing;
  reading.detail = "no field computed_time";
  const Verdict verdict = judge_reading(reading, answered(200), spec_with(), at, {});
  CHECK(verdict.outcome == Outcome::field_missing);
  CHECK(verdict.detail == "no field computed_time");
}

}  // namespace
}  // namespace stalewatch::prober
