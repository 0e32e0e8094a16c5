#include "common/config/file_text.hpp"

#include "common/config/sections/rocketchat.hpp"
#include "tests/common/config/testing.hpp"

namespace stalewatch {
namespace {

std::string with_windows_line_ends(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '\r');
  return text;
}

TEST_CASE("a file is the same, whatever editor saved it", "[config]") {
  const auto script = read_whole_file(TEST_DATA "/script.yaml", 1 << 20);
  const auto example = read_whole_file(EXAMPLE, 1 << 20);
  REQUIRE(script);
  REQUIRE(example);
  const std::string quotes = R"(servers: {A: {address: "http://a/", name: Bě, msg_interval: 5}}
logs: {filename: 'it''s.log', format: json}
terminal: {format: json}
)";
  for (const std::string& text : {*script, *example, quotes}) {
    const Config plain = good(text);
    CHECK(good("\ufeff" + text) == plain);
    CHECK(good(with_windows_line_ends(text)) == plain);
    CHECK(good("\ufeff" + with_windows_line_ends(text)) == plain);
  }
}

TEST_CASE("tabs between words are spaces", "[config]") {
  const Config config = good(
      "servers:\n  A:\n    address:\thttp://a/\t\n    name:\t\"A b\"\t# comment\n\t# another\n");
  CHECK(config.servers.at(0).address == "http://a/");
  CHECK(config.servers.at(0).name == "A b");
}

TEST_CASE("a secret's file may be saved by any editor", "[config]") {
  const std::string text = one_server +
                           "credentials: {ROCKETCHAT: {webhook: 'http://c/', "
                           "headers: {X-Token_file: /token}}}\n";
  const auto token = [&](const std::string& content) {
    return good(text, environment({}, {{"/token", content}}))
        .section<RocketchatConfig>()
        ->headers.at("X-Token")
        .reveal();
  };
  CHECK(token("s3cr3t") == "s3cr3t");
  CHECK(token("\ufeffs3cr3t\r\n") == "s3cr3t");
  const std::string wide("\xff\xfes\0\n\0", 6);
  CHECK(first_error(text, environment({}, {{"/token", wide}})) ==
        "test.yaml:2:74: credentials.ROCKETCHAT.headers.X-Token_file: /token is UTF-16 text; save "
        "it as UTF-8");
}

TEST_CASE("other encodings are known by their first bytes", "[config]") {
  using namespace std::string_view_literals;
  CHECK(foreign_encoding("\xff\xfes\0"sv) == "UTF-16");
  CHECK(foreign_encoding("\xfe\xff\0s"sv) == "UTF-16");
  CHECK(foreign_encoding("s\0e\0"sv) == "UTF-16");
  CHECK(foreign_encoding("\0s\0e"sv) == "UTF-16");
  CHECK(foreign_encoding("\xff\xfe\0\0s\0\0\0"sv) == "UTF-32");
  CHECK(foreign_encoding("\0\0\xfe\xff"sv) == "UTF-32");
  CHECK(foreign_encoding("s\0\0\0"sv) == "UTF-32");
  CHECK(foreign_encoding("\0\0\0s"sv) == "UTF-32");
  for (const auto text : {""sv, "s"sv, "ser\0"sv, "\ufeffs"sv, "servers"sv, "ěš"sv})
    CHECK(foreign_encoding(text).empty());
}

}  // namespace
}  // namespace stalewatch
