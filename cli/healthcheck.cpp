#include "cli/commands.hpp"
#include "common/base/text.hpp"

#include <httplib.h>

#include <iostream>
#include <memory>
#include <string>

namespace stalewatch::cli {
namespace {

constexpr int timeout_s = 3;               // a health check that takes longer is an answer too
constexpr int healthy = 0, unhealthy = 1;  // the only two that Docker gives a meaning

std::string words_of(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "no connection: nobody listens there, or it is not reachable";
    case httplib::Error::Read:
      return "connected, but no answer within " + std::to_string(timeout_s) + " s";
    default:
      return httplib::to_string(error);
  }
}

int healthcheck(const std::string& url) {
  const std::string scheme = "http://";
  const std::size_t slash = url.find('/', scheme.size());
  if (url.rfind(scheme, 0) != 0 || url.size() == scheme.size()) {
    std::cerr << "stalewatch healthcheck: " << url << " is no http:// address\n";
    return unhealthy;
  }
  httplib::Client client(url.substr(0, slash));
  client.set_connection_timeout(timeout_s);
  client.set_read_timeout(timeout_s);
  const auto answer = client.Get(slash == std::string::npos ? "/" : url.substr(slash));
  if (!answer) {
    std::cerr << "stalewatch healthcheck: " << url << ": " << words_of(answer.error()) << '\n';
    return unhealthy;
  }
  std::cout << escape_untrusted(answer->body.substr(0, answer->body.find('\n'))) << '\n';
  return answer->status == 200 ? healthy : unhealthy;
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
