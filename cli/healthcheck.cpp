#include "cli/commands.hpp"
#include "common/base/text.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

namespace stalewatch::cli {
namespace {

constexpr long timeout_s = 3;               // a health check that takes longer is an answer too
constexpr std::size_t longest_line = 1024;  // bytes of an answer that are shown at most
constexpr int healthy = 0, unhealthy = 1;   // the only two that Docker gives a meaning

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct Answer {
  long status = 0;
  std::string body;     ///< its beginning
  std::string trouble;  ///< why there is no answer; empty when there is one
};

std::size_t keep_beginning(char* data, std::size_t, std::size_t size, void* user) {
  auto& body = *static_cast<std::string*>(user);
  body.append(data, std::min(size, longest_line - body.size()));
  return size;
}

std::string words_of(CURL* curl, CURLcode code) {
  curl_off_t connected_us = 0;
  curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected_us);
  const bool timed_out = code == CURLE_OPERATION_TIMEDOUT;
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
      (timed_out && connected_us == 0))
    return "no connection: nobody listens there, or it is not reachable";
  if (timed_out) return "connected, but no answer within " + std::to_string(timeout_s) + " s";
  return curl_easy_strerror(code);
}

Answer ask(const std::string& url) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const Curl curl(curl_easy_init(), curl_easy_cleanup);
  Answer answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, timeout_s);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, keep_beginning);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) answer.trouble = words_of(curl.get(), code);
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

int healthcheck(const std::string& url) {
  const std::string scheme = "http://";
  if (!url.starts_with(scheme) || url.size() == scheme.size()) {
    std::cerr << "stalewatch healthcheck: " << url << " is no http:// address\n";
    return unhealthy;
  }
  const Answer answer = ask(url);
  if (!answer.trouble.empty()) {
    std::cerr << "stalewatch healthcheck: " << url << ": " << answer.trouble << '\n';
    return unhealthy;
  }
  std::cout << escape_untrusted(answer.body.substr(0, answer.body.find('\n'))) << '\n';
  return answer.status == 200 ? healthy : unhealthy;
}

}  // namespace

Runner prepare_healthcheck(CommandLine& line) {
  auto url = std::make_shared<std::string>("http://127.0.0.1:9101/healthz");
  line.option("--url", *url,
              "/healthz (it runs) or /readyz (it does its work) of a process' --http address")
      .show_default();
  return [url] { return healthcheck(*url); };
}

}  // namespace stalewatch::cli
