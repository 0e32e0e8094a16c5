#include "common/base/text.hpp"

#include "tests/catch.hpp"

using namespace stalewatch;

TEST_CASE("what comes from outside cannot move the cursor or start a line", "[common][text]") {
  struct Row {
    std::string bytes, text;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"", ""},
      {"Zürich 東京 🙂", "Zürich 東京 🙂"},
      {"a\nb\r\tc", "a\\nb\\r\\tc"},
      {"\x1b[31mred\x07", "\\x1b[31mred\\x07"},
      {std::string("nul\0", 4), "nul\\x00"},
      {"\x7f", "\\x7f"},
      {"\xc2\x9b"
       "31m",
       "\\u009b31m"},  // C1: another way to write ESC [
      {"\xe2\x80\xae"
       "gpj.exe",
       "\\u202egpj.exe"},           // right-to-left override
      {"\xe2\x80\xa8", "\\u2028"},  // line separator
      {"\xff\xfe", "\\xff\\xfe"},
      {"\xc0\xaf", "\\xc0\\xaf"},                    // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond Unicode
      {"a\xe6\x9d", "a\\xe6\\x9d"},                  // cut short
      {"C:\\path \\n", "C:\\path \\n"},              // escaping twice changes nothing
  };
  for (const auto& row : rows) {
    CHECK(escape_untrusted(row.bytes) == row.text);
    CHECK(escape_untrusted(escape_untrusted(row.bytes)) == row.text);
  }
}

TEST_CASE("blanks that are no spaces are seen in a value, and count as spaces in a time",
          "[common][text]") {
  const std::string blanks = "a\u202fb\u00a0c\u3000d\u200be\u00adf g\th";
  CHECK(escape_value(blanks) == "a\\u202fb\\u00a0c\\u3000d\\u200be\\u00adf g\\th");
  CHECK(escape_value(escape_value(blanks)) == escape_value(blanks));
  CHECK(escape_untrusted("本番\u3000č.\u00a03 👨\u200d👩") ==
        "本番\u3000č.\u00a03 👨\u200d👩");  // names
  CHECK(with_plain_spaces("4:17\u202fPM\u00a0\u2009\u3000\t\n\u200b\xe2\x80") ==
        "4:17 PM     \u200b\xe2\x80");
  CHECK(with_plain_spaces("").empty());
}

TEST_CASE("long texts are cut on a character boundary", "[common][text]") {
  CHECK(escape_untrusted("abcdef", 6) == "abcdef");
  CHECK(escape_untrusted("abcdefg", 6) == "abc...");
  CHECK(escape_untrusted("ab東京都", 9) == "ab東...");    // 11 bytes; 京 would end at 8 + 3
  CHECK(escape_untrusted("abc\x1b\x1b", 8) == "abc...");  // an escape is never cut in half
  CHECK(escape_untrusted("abc", 2) == "..");
  CHECK(escape_untrusted("abc", 0).empty());
  CHECK(escape_untrusted(std::string(1'000'000, 'x')).size() == 200);
  for (std::size_t max = 0; max < 40; ++max)
    CHECK(escape_untrusted("é\n東\x1b🙂\xff é\n東\x1b🙂\xff", max).size() <= max);
}

TEST_CASE("invalid bytes become replacement characters", "[common][text]") {
  CHECK(to_valid_utf8("Zürich 🙂\n") == "Zürich 🙂\n");
  CHECK(to_valid_utf8("a\xff"
                      "b") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(to_valid_utf8("\xe6\x9d") == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("an address is shown without its secrets", "[common][text]") {
  struct Row {
    const char *url, *shown;
  };
  const Row rows[] = {
      {"http://127.0.0.1:5000/version", "http://127.0.0.1:5000/version"},
      {"https://user:pw@host/x", "https://host/x"},
      {"https://user@host:8080/x", "https://host:8080/x"},
      {"https://us@er:p@w@host/x", "https://host/x"},
      {"https://user:p/w@host/x", "https://host/x"},
      {"https://user:p?w#@host", "https://host"},
      {"user:pw@host/x", "host/x"},
      {"host/x", "host/x"},
      {"https://[::1]:80/@me", "https://[::1]:80/@me"},
      {"https://[::1]/@me", "https://[::1]/@me"},
      {"https://host/@me", "https://host/@me"},
      {"https://host/x#secret", "https://host/x"},
      {"https://host/x?city=K&token=abc", "https://host/x?city=K&token=***"},
      {"https://host/x?API_KEY=abc;b=1", "https://host/x?API_KEY=***;b=1"},
      {"https://host/x?to%6ben=abc", "https://host/x?to%6ben=***"},
      {"https://host/x?X-Amz-Signature=a=b&y=1", "https://host/x?X-Amz-Signature=***&y=1"},
      {"https://host?password=&a", "https://host?password=&a"},
      {"host/x?next=http://u:p@h/", "host/x?next=http://u:p@h/"},
      {"", ""},
      {"?", "?"},
  };
  for (const auto& row : rows) CHECK(address_for_people(row.url) == row.shown);
}

TEST_CASE("slips of the keyboard are near, other words are not", "[common][text]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("interval", "intervall") == 1);
  CHECK(edit_distance("timeout", "tiemout") == 1);  // two neighbours swapped are one slip
  CHECK(edit_distance("adress", "address") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}
