#pragma once

// A URL of the web taken apart, by one rule for all who look into one: where a password ends is
// asked in no second way. Pure.

#include <string_view>

namespace stalewatch {

/// Its parts, each with what separates it from its neighbours: one after the other they are the
/// text again, whatever text it is.
struct UrlParts {
  std::string_view scheme;  ///< "https://"; empty without
  std::string_view user;    ///< "user:password@"; empty without
  std::string_view host;    ///< "example.org", "[::1]"
  std::string_view port;    ///< ":8080", or what stands in its place; empty without
  std::string_view rest;    ///< "/path?query#fragment"

  /// "user:password", without the @.
  std::string_view credentials() const {
    return user.substr(0, user.size() - (user.empty() ? 0 : 1));
  }
};

/// The first /, ? or # ends the host, which user and password have to write as %2F, %3F and %23.
/// These two end at the last @ before it, the host itself at the first colon outside of [].
UrlParts split_url(std::string_view url);

}  // namespace stalewatch
