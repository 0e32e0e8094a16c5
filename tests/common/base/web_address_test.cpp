#include "common/base/web_address.hpp"

#include "tests/catch.hpp"

namespace stalewatch {
namespace {

TEST_CASE("what no address may have is percent-encoded, and nothing else", "[common][address]") {
  struct Row {
    const char *written, *sent;
  };
  const Row rows[] = {
      {"http://h/api?ids=1|2", "http://h/api?ids=1%7C2"},
      {"http://h/api?filter={\"job\":\"night\"}",
       "http://h/api?filter=%7B%22job%22:%22night%22%7D"},
      {"http://h/api?město=Plzeň", "http://h/api?m%C4%9Bsto=Plze%C5%88"},
      {"http://h/stav/Plzeň", "http://h/stav/Plze%C5%88"},
      {"http://h/api?c[GEO]=SE", "http://h/api?c%5BGEO%5D=SE"},
      {"http://h/api?q=a^b`c<d>\\e", "http://h/api?q=a%5Eb%60c%3Cd%3E%5Ce"},
      {"http://h/100%", "http://h/100%25"},
      {"http://h/%zz%4", "http://h/%25zz%254"},
      {"http://h/%7c%C4%9b", "http://h/%7c%C4%9b"},
      {"http://h:80/-._~:/?#@!$&'()*+,;=", "http://h:80/-._~:/?#@!$&'()*+,;="},
      {"http://h?a b", "http://h?a%20b"},
      {"https://h/\\x", "https://h/%5Cx"},
      {"http://user:p|w@h/|", "http://user:p|w@h/%7C"},
      {"http://[fe80::1]:80/|", "http://[fe80::1]:80/%7C"},
      {"http://under_score.h-1.:80", "http://under_score.h-1.:80"},
      {"h", "h"},
      {"", ""},
  };
  for (const auto& row : rows) {
    INFO(row.written);
    CHECK(*address_to_send(row.written) == row.sent);
    CHECK(*address_to_send(row.sent) == row.sent);
  }
}

TEST_CASE("international names are sent in ASCII", "[common][address]") {
  CHECK(*address_to_send("http://bücher.example:80/ü") == "http://xn--bcher-kva.example:80/%C3%BC");
  CHECK(*address_to_send("http://u:p@BÜCHER.example") == "http://u:p@xn--bcher-kva.example");
  CHECK(*address_to_send("http://bu\u0308cher.example/") == "http://xn--bcher-kva.example/");
  CHECK(*address_to_send("http://faß.example/") == "http://xn--fa-hia.example/");
  CHECK(*address_to_send("http://例え。テスト/") == "http://xn--r8jz45g.xn--zckzah/");
  CHECK(*address_to_send("http://xn--bcher-kva.example/") == "http://xn--bcher-kva.example/");
}

TEST_CASE("what is no host is an error", "[common][address]") {
  CHECK(address_to_send("http://a|b/").error() == "has a character that no host has");
  CHECK(address_to_send("http://a\\b/").error() == "has a character that no host has");
  CHECK(address_to_send("http://ü{}/").error().starts_with("is no international name: "));
  const std::string label(60, 'x');
  CHECK(
      address_to_send("http://ü" + label + "/").error().starts_with("is no international name: "));
  CHECK(address_to_send("http://ho\u00a0st/").error() == "has a character that no host has");
  CHECK_FALSE(address_to_send("http://ü\xff/"));
  for (const char* trick :
       {"http://a.example\uff0fb/", "http://a\uff20b.example/", "http://a\uff1a1/"})
    CHECK(address_to_send(trick).error() == "has a character that no host has");
}

}  // namespace
}  // namespace stalewatch
