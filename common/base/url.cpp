#include "common/base/url.hpp"

namespace stalewatch {
namespace {

/// Takes the first `size` characters away, or all.
std::string_view take(std::string_view& text, std::size_t size) {
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(taken.size());
  return taken;
}

}  // namespace

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  const std::size_t scheme = url.find_first_of(":/?#");
  if (scheme != url.npos && url.substr(scheme).starts_with("://"))
    parts.scheme = take(url, scheme + 3);
  const std::size_t at = url.substr(0, url.find_first_of("/?#")).rfind('@');
  if (at != url.npos) parts.user = take(url, at + 1);
  std::string_view authority = take(url, url.find_first_of("/?#"));
  parts.rest = url;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : authority.npos;
  const std::size_t host_end = bracket == authority.npos ? authority.find(':') : bracket + 1;
  parts.host = take(authority, host_end);
  parts.port = authority;
  return parts;
}

}  // namespace stalewatch
