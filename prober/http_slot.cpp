#include "prober/http_slot.hpp"

#include "prober/curl_fault.hpp"

#include <strings.h>

#include <algorithm>
#include <stdexcept>

namespace stalewatch::prober {
namespace {

constexpr long max_redirects = 5;
/// Connections are renewed after 10 minutes, so that a changed address or load balancer is
/// followed.
constexpr long connection_lifetime_s = 600;
/// After dead connections none that was idle for longer is used.
constexpr long surely_alive_s = 1;
/// Memory of a body that is kept for the next one; larger ones are given back.
constexpr std::size_t kept_body_bytes = 16 << 10;

template <typename T>
void set(CURL* easy, CURLoption option, T value) {
  if (curl_easy_setopt(easy, option, value) == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

/// The file of trusted roots that libcurl was built with.
const char* default_ca_file() { return curl_version_info(CURLVERSION_NOW)->cainfo; }

template <typename T>
T info(CURL* easy, CURLINFO what) {
  T value{};
  curl_easy_getinfo(easy, what, &value);
  return value;
}

Duration time_info(CURL* easy, CURLINFO what) { return Duration{info<curl_off_t>(easy, what)}; }

void append(CurlList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

bool has_own_cookies(const TargetSpec& spec) {
  return std::any_of(spec.headers.begin(), spec.headers.end(), [](const auto& header) {
    return strcasecmp(header.first.c_str(), "cookie") == 0;
  });
}

}  // namespace

void HttpProbe::Slot::set_constant_options(const std::string& user_agent) {
  set(easy.get(), CURLOPT_PRIVATE, static_cast<void*>(this));
  set(easy.get(), CURLOPT_ERRORBUFFER, error_.data());
  set(easy.get(), CURLOPT_NOSIGNAL, 1L);
  set(easy.get(), CURLOPT_QUICK_EXIT, 1L);  // never join a resolver thread (of a redirect's name)
  set(easy.get(), CURLOPT_USERAGENT, user_agent.c_str());
  // HTTP/2 would put several probes of one host on one connection, and their timings with it.
  set(easy.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy.get(), CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(easy.get(), CURLOPT_MAXREDIRS, max_redirects);
  set(easy.get(), CURLOPT_ACCEPT_ENCODING, "");
  set(easy.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // With a folder of roots set as well, libcurl loads all of them for each connection instead of
  // once.
  set(easy.get(), CURLOPT_CAPATH, static_cast<char*>(nullptr));
  set(easy.get(), CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(easy.get(), CURLOPT_MAXLIFETIME_CONN, connection_lifetime_s);
  set(easy.get(), CURLOPT_HEADERFUNCTION, &Slot::on_header);
  set(easy.get(), CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(easy.get(), CURLOPT_WRITEFUNCTION, &Slot::on_body);
  set(easy.get(), CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(easy.get(), CURLOPT_SSL_CTX_FUNCTION, &Slot::on_ssl_context);
  set(easy.get(), CURLOPT_SSL_CTX_DATA, static_cast<void*>(this));
}

void HttpProbe::Slot::prepare(std::uint64_t new_ticket, const TargetSpec& spec,
                              const Endpoint& where, const std::string& user_agent,
                              const Now& now) {
  ticket = new_ticket;
  endpoint = where;
  timeout = spec.timeout;
  started = launched = now;
  max_body = spec.max_body;
  follow_redirects = spec.follow_redirects;
  may_be_tls = follow_redirects || strncasecmp(endpoint.url.c_str(), "https:", 6) == 0;
  forget_answer();
  easy.reset(curl_easy_init());
  if (easy == nullptr) throw std::bad_alloc();
  set_constant_options(user_agent);
  set_target_options(spec);
}

void HttpProbe::Slot::set_target_options(const TargetSpec& spec) {
  request_headers_.reset();
  for (const auto& [name, value] : spec.headers)
    append(request_headers_, value.empty() ? name + ";" : name + ": " + value);
  set(easy.get(), CURLOPT_HTTPHEADER, request_headers_.get());
  set(easy.get(), CURLOPT_URL, endpoint.url.c_str());
  set(easy.get(), CURLOPT_USERPWD, or_null(spec.basic_auth));
  set(easy.get(), CURLOPT_FOLLOWLOCATION, follow_redirects ? 1L : 0L);
  // "" turns cookies on: one that a redirect sets is sent on the way that it points to. Beside a
  // Cookie header of the target's own there would be a second one.
  if (follow_redirects && !has_own_cookies(spec)) set(easy.get(), CURLOPT_COOKIEFILE, "");
  set(easy.get(), CURLOPT_SSL_VERIFYPEER, spec.verify ? 1L : 0L);
  set(easy.get(), CURLOPT_SSL_VERIFYHOST, spec.verify ? 2L : 0L);
  set(easy.get(), CURLOPT_CAINFO, spec.ca_file.empty() ? default_ca_file() : spec.ca_file.c_str());
  set(easy.get(), CURLOPT_SSLCERT, or_null(spec.cert_file));
  set(easy.get(), CURLOPT_SSLKEY, or_null(spec.key_file));
  // An empty proxy means none whatever the environment says; none set means what the environment
  // says.
  set(easy.get(), CURLOPT_PROXY, spec.proxy == "environment" ? nullptr : spec.proxy.c_str());
}

void HttpProbe::Slot::forget_answer() {
  std::string body = std::move(transfer.body);
  body.clear();
  if (body.capacity() > kept_body_bytes) body.shrink_to_fit();
  transfer = {};
  transfer.body = std::move(body);
  headers.clear();
  connects_of_answers_ = 0;
  handshake.clear();
  error_[0] = '\0';
}

bool HttpProbe::Slot::can_ask_undecoded(CURLcode code) {
  if (code != CURLE_BAD_CONTENT_ENCODING || !headers.has_unknown_coding()) return false;
  forget_answer();
  // Then libcurl looks at no Content-Encoding, so that this happens once.
  set(easy.get(), CURLOPT_ACCEPT_ENCODING, static_cast<char*>(nullptr));
  return true;
}

void HttpProbe::Slot::use_addresses(const std::string& addresses) {
  resolve_.reset();
  // "+": as if looked up, so that libcurl forgets it in time.
  append(resolve_, "+" + endpoint.host + ":" + std::to_string(endpoint.port) + ":" + addresses);
  set(easy.get(), CURLOPT_RESOLVE, resolve_.get());
}

bool HttpProbe::Slot::found_only_dead_connections(CURLcode code) const {
  const auto redirects = info<long>(easy.get(), CURLINFO_REDIRECT_COUNT);
  return fault_of(code) == Fault::broken_off &&
         headers.answers() == static_cast<std::size_t>(redirects) &&
         info<long>(easy.get(), CURLINFO_NUM_CONNECTS) == connects_of_answers_;
}

void HttpProbe::Slot::use_fresh_connection() {
  forget_answer();
  set(easy.get(), CURLOPT_FRESH_CONNECT, 1L);  // not heeded behind a redirect
  set(easy.get(), CURLOPT_MAXAGE_CONN, surely_alive_s);
}

void HttpProbe::Slot::gather(CURLcode code) {
  transfer.fault = fault_of(code);
  transfer.http_status = static_cast<std::uint16_t>(info<long>(easy.get(), CURLINFO_RESPONSE_CODE));
  transfer.charset = headers.charset();
  gather_clock();
  if (!follow_redirects && transfer.http_status / 100 == 3)
    if (const char* to = info<const char*>(easy.get(), CURLINFO_REDIRECT_URL))
      transfer.redirect_to = to;
  if (code == CURLE_OK) return;
  gather_phase();
  transfer.os_error = static_cast<int>(info<long>(easy.get(), CURLINFO_OS_ERRNO));
  transfer.curl_text = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  transfer.refusal = handshake.refusal();
  if (auto certificate = handshake.certificate()) transfer.certificate = std::move(certificate);
}

void HttpProbe::Slot::gather_phase() {
  const auto reached = [this](CURLINFO what) {
    return time_info(easy.get(), what) > Duration::zero();
  };
  if (headers.any())
    transfer.phase = Phase::receiving;
  else if (reached(CURLINFO_PRETRANSFER_TIME_T))
    transfer.phase = Phase::waiting;
  else if (handshake.started())
    transfer.phase = Phase::tls_handshake;
  else if (reached(CURLINFO_NAMELOOKUP_TIME_T))
    transfer.phase = Phase::connecting;
  else
    transfer.phase = Phase::resolving;
}

void HttpProbe::Slot::gather_clock() {
  if (transfer.http_status == 0 || info<long>(easy.get(), CURLINFO_REDIRECT_COUNT) != 0) return;
  const auto offset =
      headers.clock_offset(launched.wall + time_info(easy.get(), CURLINFO_PRETRANSFER_TIME_T),
                           launched.wall + time_info(easy.get(), CURLINFO_STARTTRANSFER_TIME_T));
  if (!offset) return;
  transfer.clock_offset = offset->offset;
  transfer.clock_uncertainty = offset->uncertainty;
}

void HttpProbe::Slot::note_certificate() {
  const auto* session = info<curl_tlssessioninfo*>(easy.get(), CURLINFO_TLS_SSL_PTR);
  if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL || !session->internals)
    return;
  transfer.certificate.emplace();
  transfer.certificate->not_after = peer_certificate_expiry(static_cast<SSL*>(session->internals));
}

std::size_t HttpProbe::Slot::on_header(char* bytes, std::size_t size, std::size_t count,
                                       void* self) {
  auto& slot = *static_cast<Slot*>(self);
  // While the connection is at hand: afterwards it belongs to the next request.
  if (slot.may_be_tls && !slot.transfer.certificate) slot.note_certificate();
  const auto answers = slot.headers.answers();
  const bool fits = slot.headers.add({bytes, size * count});
  if (slot.headers.answers() != answers)
    slot.connects_of_answers_ = info<long>(slot.easy.get(), CURLINFO_NUM_CONNECTS);
  if (fits) return size * count;
  slot.transfer.headers_too_large = true;
  return 0;
}

std::size_t HttpProbe::Slot::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& slot = *static_cast<Slot*>(self);
  std::string& body = slot.transfer.body;
  if (static_cast<std::int64_t>(body.size() + size * count) > slot.max_body) {
    slot.transfer.body_too_large = true;
    return 0;  // libcurl ends the transfer
  }
  body.append(bytes, size * count);
  return size * count;
}

CURLcode HttpProbe::Slot::on_ssl_context(CURL*, void* ssl_ctx, void* self) {
  static_cast<Slot*>(self)->handshake.attach(ssl_ctx);
  return CURLE_OK;
}

}  // namespace stalewatch::prober
