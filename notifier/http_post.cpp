#include "notifier/http_post.hpp"

#include "common/base/ascii.hpp"
#include "common/base/time.hpp"
#include "common/base/url.hpp"
#include "common/base/version.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace stalewatch::notifier {
namespace {

constexpr long connect_timeout_ms = 5'000;
constexpr long total_timeout_ms = 20'000;  // a chat runs scripts of its own before it answers
constexpr std::size_t max_body = 64
                                 << 10;  // an answer is a line; what is longer is none of a webhook
/// Shorter parts of a path ("hooks", "api") are no secrets, and hiding them makes errors
/// unreadable.
constexpr std::size_t shortest_secret = 6;

struct Reply {
  HttpAnswer answer;
  std::string header;
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& body = static_cast<Reply*>(user)->answer.body;
  body.append(data, std::min(size, max_body - std::min(body.size(), max_body)));
  return size;
}

/// The value, if `line` is the header `name`.
bool take_header(std::string_view line, std::string_view name, std::string& value) {
  const auto colon = line.find(':');
  if (colon == line.npos || !equal_in_any_case(line.substr(0, colon), name)) return false;
  value = trimmed(line.substr(colon + 1)).substr(0, 64);  // numbers; more is none
  return true;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& answer = static_cast<Reply*>(user)->answer;
  const std::string_view line(data, size);
  take_header(line, "x-ratelimit-reset", answer.rate_limit_reset) ||
      take_header(line, "retry-after", answer.retry_after);
  return size;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(user)->stop_requested() ? 1 : 0;
}

bool has_header(const std::map<std::string, Secret>& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return equal_in_any_case(header.first, name); });
}

/// "chat.example:443", nothing else of the address.
std::string host_of(const Secret& url) {
  const auto parts = split_url(url.reveal());
  std::string host(parts.host);
  if (!parts.port.empty()) return host.append(parts.port);
  return host + (parts.scheme == "https://" ? ":443" : ":80");
}

std::string seconds_of(curl_off_t us) {
  return format_duration(std::chrono::round<std::chrono::seconds>(Duration(us)));
}

/// What happened to the connection, as a person needs it.
std::string why_no_answer(CURL* easy, CURLcode code) {
  curl_off_t connected = 0, total = 0;
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total);
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return (connected == 0 ? "no connection within " : "connected, but no answer within ") +
             seconds_of(total);
    case CURLE_COULDNT_CONNECT:
      return os_error == 0
                 ? "no connection"
                 : "no connection: " + std::generic_category().message(static_cast<int>(os_error));
    default:
      return curl_easy_strerror(code);
  }
}

}  // namespace

struct HttpPost::Curl {
  CURL* easy = curl_easy_init();     ///< what all requests have in common
  CURLSH* kept = curl_share_init();  ///< the connection
  curl_slist* headers = nullptr;

  Curl() {
    for (const auto what : {CURL_LOCK_DATA_CONNECT, CURL_LOCK_DATA_SSL_SESSION})
      curl_share_setopt(kept, CURLSHOPT_SHARE, what);
  }
  ~Curl() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    curl_share_cleanup(kept);
  }

  template <typename T>
  void set(CURLoption option, T value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK)
      throw std::runtime_error(
          "the webhook's (or heartbeat's) address, headers, ca_file or proxy cannot be used");
  }

  void add_header(const std::string& line) {
    if (line.find_first_of("\r\n") != std::string::npos)
      throw std::runtime_error("a header of the webhook has a line break");
    headers = curl_slist_append(headers, line.c_str());
  }
};

HttpPost::HttpPost(Options options)
    : options_(std::move(options)), curl_(std::make_unique<Curl>()) {
  static const auto initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK || curl_->easy == nullptr || curl_->kept == nullptr)
    throw std::runtime_error("libcurl does not start");
  if (!has_header(options_.headers, "content-type"))
    curl_->add_header("Content-Type: application/json");
  for (const auto& [name, value] : options_.headers)
    curl_->add_header(name + ": " + value.reveal());
  curl_->add_header("Expect:");  // one round trip instead of two
  auto& c = *curl_;
  c.set(CURLOPT_URL, options_.url.reveal().c_str());
  c.set(CURLOPT_PROTOCOLS_STR, "http,https");
  c.set(CURLOPT_HTTPHEADER, c.headers);
  c.set(CURLOPT_USERAGENT, (std::string("stalewatch/") + std::string(program_version)).c_str());
  c.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  c.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  c.set(CURLOPT_CAPATH, static_cast<const char*>(
                            nullptr));  // with it, each connection reads all certificates again
  if (!options_.ca_file.empty()) c.set(CURLOPT_CAINFO, options_.ca_file.c_str());
  if (options_.proxy != "environment") c.set(CURLOPT_PROXY, options_.proxy.c_str());
  c.set(CURLOPT_NOSIGNAL, 1L);
  c.set(CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  c.set(CURLOPT_TIMEOUT_MS, total_timeout_ms);
  c.set(CURLOPT_NOPROGRESS, 0L);
  c.set(CURLOPT_XFERINFOFUNCTION, on_progress);
  c.set(CURLOPT_WRITEFUNCTION, on_body);
  c.set(CURLOPT_HEADERFUNCTION, on_header);
}

HttpPost::~HttpPost() = default;

HttpAnswer HttpPost::post(const std::string& body, const std::stop_token& stop) {
  auto& c = *curl_;
  c.set(CURLOPT_POST, 1L);
  c.set(CURLOPT_POSTFIELDS, body.c_str());
  c.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  return perform(stop);
}

HttpAnswer HttpPost::get(const std::stop_token& stop) {
  curl_->set(CURLOPT_HTTPGET, 1L);
  return perform(stop);
}

HttpAnswer HttpPost::perform(const std::stop_token& stop) {
  Reply reply;
  auto& c = *curl_;
  c.set(CURLOPT_WRITEDATA, static_cast<void*>(&reply));
  c.set(CURLOPT_HEADERDATA, static_cast<void*>(&reply));
  c.set(CURLOPT_XFERINFODATA, const_cast<void*>(static_cast<const void*>(&stop)));
  // A handle of its own: libcurl counts over a handle's life how often a kept connection turned out
  // dead, and gives up the sixth time.
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> one(curl_easy_duphandle(c.easy),
                                                                curl_easy_cleanup);
  if (!one) throw std::bad_alloc();
  curl_easy_setopt(one.get(), CURLOPT_SHARE, c.kept);  // which is not duplicated
  const auto code = curl_easy_perform(one.get());
  if (code == CURLE_OK) {
    curl_easy_getinfo(one.get(), CURLINFO_RESPONSE_CODE, &reply.answer.status);
    reply.answer.body = without_secrets(std::move(reply.answer.body), options_.url);
  } else {
    reply.answer = {};
    // Not CURLOPT_ERRORBUFFER: it may quote the address.
    reply.answer.error = stop.stop_requested()
                             ? "interrupted"
                             : host_of(options_.url) + ": " + why_no_answer(one.get(), code);
  }
  return std::move(reply.answer);
}

std::string without_secrets(std::string text, const Secret& url) {
  std::string_view rest = split_url(url.reveal()).rest;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of("/?&=#"), rest.size());
    const auto part = rest.substr(0, end);
    if (part.size() >= shortest_secret)
      for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 3))
        text.replace(at, part.size(), "***");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

}  // namespace stalewatch::notifier
