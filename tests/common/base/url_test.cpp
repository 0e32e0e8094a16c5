#include "common/base/url.hpp"

#include "tests/catch.hpp"

#include <random>
#include <string>

namespace stalewatch {
namespace {

std::string whole(const UrlParts& parts) {
  std::string text;
  for (const auto part : {parts.scheme, parts.user, parts.host, parts.port, parts.rest})
    text += part;
  return text;
}

TEST_CASE("a URL is taken apart by one rule", "[common][address]") {
  struct Row {
    const char *url, *scheme, *user, *host, *port, *rest;
  };
  const Row rows[] = {
      {"https://user:pw@host:80/x?y#z", "https://", "user:pw@", "host", ":80", "/x?y#z"},
      {"http://host", "http://", "", "host", "", ""},
      {"http://host?a@b", "http://", "", "host", "", "?a@b"},
      {"http://host/x@y", "http://", "", "host", "", "/x@y"},
      {"http://us@er:p@w@host/", "http://", "us@er:p@w@", "host", "", "/"},
      {"http://@host/", "http://", "@", "host", "", "/"},
      {"http://u:p\\w@host/", "http://", "u:p\\w@", "host", "", "/"},
      {"http://host\\@evil/", "http://", "host\\@", "evil", "", "/"},
      {"http://host\\x", "http://", "", "host\\x", "", ""},
      {"http://u:p/w@host/", "http://", "", "u", ":p", "/w@host/"},
      {"http://[::1]:80/x", "http://", "", "[::1]", ":80", "/x"},
      {"http://u@[::1]", "http://", "u@", "[::1]", "", ""},
      {"http://[::1", "http://", "", "[", "::1", ""},
      {"http://a:b:80/", "http://", "", "a", ":b:80", "/"},
      {"http://h:/", "http://", "", "h", ":", "/"},
      {"host/x?next=http://u:p@h/", "", "", "host", "", "/x?next=http://u:p@h/"},
      {"user:pw@host/x", "", "user:pw@", "host", "", "/x"},
      {"http:///x", "http://", "", "", "", "/x"},
      {"://", "://", "", "", "", ""},
      {"", "", "", "", "", ""},
  };
  for (const auto& row : rows) {
    INFO(row.url);
    const auto parts = split_url(row.url);
    CHECK(parts.scheme == row.scheme);
    CHECK(parts.user == row.user);
    CHECK(parts.host == row.host);
    CHECK(parts.port == row.port);
    CHECK(parts.rest == row.rest);
    CHECK(whole(parts) == row.url);
  }
  CHECK(split_url("http://u:p@h").credentials() == "u:p");
  CHECK(split_url("http://h").credentials().empty());
}

TEST_CASE("whatever a URL is, its parts are the whole text", "[common][address]") {
  std::mt19937 random(1);
  constexpr std::string_view letters = "ah:/@?#[]\\%.1";
  for (int n = 0; n < 20'000; ++n) {
    std::string url = n % 2 == 0 ? "http://" : "";
    for (auto length = random() % 20; length > 0; --length)
      url += letters[random() % letters.size()];
    INFO(url);
    const auto parts = split_url(url);
    REQUIRE(whole(parts) == url);
    REQUIRE(parts.host.find('@') == std::string_view::npos);
    REQUIRE(parts.port.find('@') == std::string_view::npos);
  }
}

}  // namespace
}  // namespace stalewatch
