#include "common/config/value_checks.hpp"

#include "common/base/text.hpp"
#include "common/config/database.hpp"
#include "common/config/values.hpp"
#include "common/times/computed_time.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>

namespace stalewatch {
namespace {

/// Names stand in tables' columns, in chat messages and on one terminal line.
constexpr std::size_t max_name = 200;
/// `<table>_readable` has to fit PostgreSQL's 63 bytes.
constexpr std::size_t max_table = 50;
/// Longest path that a unix socket takes (sun_path).
constexpr std::size_t max_socket_path = 107;

const std::string& text_of(const ConfigValue& value) { return std::get<std::string>(value); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Letters, digits and what RFC 9110 allows in a header's name besides.
bool in_header_name(char c) {
  return is_letter(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

std::string check_not_empty(const ConfigValue& value) {
  return text_of(value).empty() ? "is empty" : "";
}

std::string check_http_url(const ConfigValue& value) {
  const std::string& url = text_of(value);
  const std::size_t scheme = url.rfind("https://", 0) == 0  ? 8
                             : url.rfind("http://", 0) == 0 ? 7
                                                            : 0;
  if (scheme == 0) return "must begin with http:// or https://";
  const std::string_view authority =
      std::string_view(url).substr(scheme, url.find_first_of("/?#", scheme) - scheme);
  const std::string_view host = authority.substr(authority.rfind('@') + 1);
  if (url.find(' ') != std::string::npos) return "contains a space; write %20";
  if (host.empty() || host[0] == ':') return "has no host";
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.back() == ']') return "";
  const std::string port(host.substr(colon + 1));
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(), is_digit);
  if (!digits || port.size() > 5 || std::atoi(port.c_str()) < 1 || std::atoi(port.c_str()) > 65535)
    return "has a wrong port; ports are 1 to 65535";
  return "";
}

std::string check_name(const ConfigValue& value) {
  if (text_of(value).empty()) return "is empty";
  if (text_of(value).size() > max_name)
    return "is longer than " + std::to_string(max_name) + " bytes";
  return "";
}

std::string check_reminders(const ConfigValue& value) {
  constexpr Duration least = std::chrono::milliseconds(10);  // more often nobody could read
  const auto interval = std::get<Duration>(value);
  return interval != Duration{} && interval < least ? "must be 0 for no reminders, or at least 10ms"
                                                    : "";
}

std::string check_time_field(const ConfigValue& value) {
  const std::string& field = text_of(value);
  if (field.empty())
    return "is empty; write a path like computed_time, data.lastTime or /items/0/mtime";
  if (field[0] == '/') return "";
  if (field.front() == '.' || field.back() == '.' || field.find("..") != std::string::npos)
    return "has an empty part; write a path like data.lastTime or items.0.mtime";
  return "";
}

std::string check_time_format(const ConfigValue& value) {
  try {
    TimeFormat(text_of(value), "UTC");
    return "";
  } catch (const std::exception&) {
    return "is neither auto, rfc3339, python, rfc1123, epoch, epoch_s, epoch_ms, epoch_us, "
           "epoch_ns nor a strptime pattern";
  }
}

std::string check_timezone(const ConfigValue& value) {
  try {
    TimeFormat("auto", text_of(value));
    return "";
  } catch (const std::exception&) {
    return "is no time zone that this machine knows; write an IANA name like Europe/Prague";
  }
}

std::string check_basic_auth(const ConfigValue& value) {
  const std::size_t colon = text_of(value).find(':');
  return colon == std::string::npos || colon == 0 ? "must be \"user:password\"" : "";
}

std::string check_headers(const ConfigValue& value) {
  for (const auto& [name, content] : std::get<std::map<std::string, Secret>>(value)) {
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

std::string check_level(const ConfigValue& value) {
  if (parse_level(text_of(value))) return "";
  return "is none of trace, debug, info, warning, error, critical or off";
}

std::string check_engine(const ConfigValue& value) {
  if (parse_engine(text_of(value))) return "";
  return "is no known engine; write sqlite, mysql, mariadb or postgresql (SQLAlchemy's spellings "
         "like "
         "mysql+mysqlconnector are read too)";
}

std::string check_table(const ConfigValue& value) {
  const std::string& table = text_of(value);
  const bool plain = !table.empty() && !is_digit(table[0]) &&
                     std::all_of(table.begin(), table.end(),
                                 [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  if (!plain) return "must be a plain name: letters, digits and _, not beginning with a digit";
  if (table.size() > max_table) return "is longer than " + std::to_string(max_table) + " bytes";
  return "";
}

std::string check_endpoint(const ConfigValue& value) {
  const std::string& endpoint = text_of(value);
  constexpr std::string_view wanted =
      "must be like tcp://127.0.0.1:5555 or ipc:///run/stalewatch/samples";
  if (endpoint.rfind("ipc://", 0) == 0) {
    if (endpoint.size() == 6) return std::string(wanted);
    if (endpoint.size() > 6 + max_socket_path)
      return "has a path longer than the " + std::to_string(max_socket_path) +
             " bytes that a unix socket takes";
    return "";
  }
  const std::size_t colon = endpoint.rfind(':');
  if (endpoint.rfind("tcp://", 0) != 0 || colon <= 6) return std::string(wanted);
  const std::string port = endpoint.substr(colon + 1);
  const bool digits =
      !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
  if (!digits || std::atoi(port.c_str()) < 1 || std::atoi(port.c_str()) > 65535)
    return "has a wrong port; " + std::string(wanted);
  return "";
}

}  // namespace stalewatch
