#pragma once

// libcurl, for webhooks and the heartbeat.

#include "common/config/secret.hpp"
#include "notifier/http_answer.hpp"

#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace stalewatch::notifier {

/// Posts JSON to one address and keeps the connection. Used by one thread at a time. Never shows
/// the address: errors are told without it, and answers that quote parts of it are redacted.
class HttpPost {
 public:
  struct Options {
    Secret url;
    std::map<std::string, Secret> headers;  ///< besides Content-Type, which they may replace
    std::string ca_file;
    /// Empty: none, whatever the environment says; "environment": as that says; else a URL.
    std::string proxy;
  };

  /// Throws std::runtime_error when the address or a header cannot be used.
  explicit HttpPost(Options options);
  ~HttpPost();
  HttpPost(const HttpPost&) = delete;
  HttpPost& operator=(const HttpPost&) = delete;

  /// At most 20 s; ends within about a second after `stop`.
  HttpAnswer post(const std::string& body, const std::stop_token& stop);
  /// The same, as a GET without a body.
  HttpAnswer get(const std::stop_token& stop);

 private:
  struct Curl;
  HttpAnswer perform(const std::stop_token& stop);
  Options options_;
  std::unique_ptr<Curl> curl_;
};

/// `text` with every part of the address' path and query hidden that is long enough to be a secret.
std::string without_secrets(std::string text, const Secret& url);

}  // namespace stalewatch::notifier
