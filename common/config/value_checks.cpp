#include "common/config/value_checks.hpp"

#include "common/base/ascii.hpp"
#include "common/base/text.hpp"
#include "common/base/url.hpp"
#include "common/base/web_address.hpp"

#include <algorithm>
#include <cstdlib>

namespace stalewatch {
namespace {

/// Names stand in tables' columns, in chat messages and on one terminal line.
constexpr std::size_t max_name = 200;
/// No server takes more, and no receiver of our messages takes maps without an end.
constexpr std::size_t max_headers = 1'000;

/// Letters, digits and what RFC 9110 allows in a header's name besides.
bool in_header_name(char c) {
  return is_letter(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

const std::string& text_of(const ConfigValue& value) { return std::get<std::string>(value); }

bool is_port(const std::string& text) {
  const bool digits =
      !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
  return digits && std::atoi(text.c_str()) >= 1 && std::atoi(text.c_str()) <= 65535;
}

std::string check_not_empty(const ConfigValue& value) {
  return text_of(value).empty() ? "is empty" : "";
}

std::string check_http_url(const ConfigValue& value) {
  const std::string& url = text_of(value);
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return "must begin with http:// or https://";
  if (url.find(' ') != std::string::npos)
    return "contains a space; write %20, or a # before a comment";
  const auto parts = split_url(url);
  if (parts.host.empty()) return "has no host";
  if (const auto sent = address_to_send(url); !sent) return "its host " + sent.error();
  const bool is_right =
      parts.port.empty() || (parts.port[0] == ':' && is_port(std::string(parts.port.substr(1))));
  return is_right ? "" : "has a wrong port; ports are 1 to 65535";
}

std::string check_name(const ConfigValue& value) {
  if (text_of(value).empty()) return "is empty";
  if (text_of(value).size() > max_name)
    return "is longer than " + std::to_string(max_name) + " bytes";
  return "";
}

std::string check_headers(const ConfigValue& value) {
  const auto& headers = std::get<std::map<std::string, Secret>>(value);
  if (headers.size() > max_headers)
    return "has more than " + std::to_string(max_headers) + " headers";
  for (const auto& [name, content] : headers) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), in_header_name))
      return "\"" + escape_untrusted(name, 60) + "\" is no name of a header";
  }
  return "";
}

std::string check_proxy(const ConfigValue& value) {
  const std::string& proxy = text_of(value);
  constexpr std::string_view schemes[] = {"http://",    "https://",  "socks4://",
                                          "socks4a://", "socks5://", "socks5h://"};
  if (proxy.empty() || proxy == "environment") return "";
  for (const auto scheme : schemes)
    if (proxy.rfind(scheme, 0) == 0 && proxy.size() > scheme.size()) return "";
  return "must be \"environment\" or a URL that begins with http://, https://, socks5:// or "
         "socks5h://";
}

}  // namespace stalewatch
