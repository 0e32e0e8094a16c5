#include "prober/body_reading.hpp"

#include "prober/json_field.hpp"
#include "prober/json_grammar.hpp"
#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::prober;
using Type = JsonField::Type;

namespace {

constexpr std::int64_t base = 1'795'341'723'000'000;  // 2026-11-22T10:02:03Z
constexpr auto now = timestamp_from_us(base);

BodyReading read(std::string_view body, std::string_view field = "computed_time") {
  static const TimeFormat format("auto", "UTC");
  return read_body(body, field, format);
}

std::string nested(int levels) {
  const auto n = static_cast<std::size_t>(levels);
  return std::string(n, '[') + std::string(n, ']');
}

}  // namespace

TEST_CASE("a field is found by path or pointer", "[json_field]") {
  struct Row {
    const char *body, *path;
    Type type;
    const char* text;
  };
  const Row rows[] = {
      {R"({"a": "x"})", "a", Type::string, "x"},
      {R"({"a": "x"})", "/a", Type::string, "x"},
      {R"({"b": [1, {"a": 2}], "a": "x"})", "a", Type::string, "x"},
      {R"({"a": {"b": {"c": 7}}})", "a.b.c", Type::number, "7"},
      {R"({"a": {"b": {"c": 7}}})", "/a/b/c", Type::number, "7"},
      {R"({"items": [{"mtime": 1}, {"mtime": 2}]})", "items.1.mtime", Type::number, "2"},
      {R"({"items": [{"mtime": 1}, {"mtime": 2}]})", "/items/0/mtime", Type::number, "1"},
      {R"([10, 11])", "1", Type::number, "11"},
      {R"([10, 11])", "/1", Type::number, "11"},
      {R"([[10, 11]])", "0.1", Type::number, "11"},
      {R"([10, 11])", "2", Type::missing, ""},
      {R"([10, 11])", "01", Type::missing, ""},
      {R"([10, 11])", "-", Type::missing, ""},
      {R"([10, 11])", "-1", Type::number, "11"},
      {R"([10, 11])", "-2", Type::number, "10"},
      {R"([10, 11])", "-3", Type::missing, ""},
      {R"([10, 11])", "-0", Type::missing, ""},
      {R"([10, 11])", "-01", Type::missing, ""},
      {R"([])", "-1", Type::missing, ""},
      {R"({"-1": 7})", "-1", Type::number, "7"},
      {R"({"items": [{"t": [1, 2]}, {"t": [3, NaN, "4"]}]})", "items.-1.t.-3", Type::number, "3"},
      {R"({"items": [{"t": [1, 2]}, {"t": [3, NaN, "4"]}], "a": 1})", "/items/-1/t/-1",
       Type::string, "4"},
      {R"({"items": [1, 2], "items": [[], {"a": [1]}, 3]})", "items.-1", Type::number, "3"},
      {R"([10, 11])", "+1", Type::missing, ""},
      {R"({"1": "key"})", "1", Type::string, "key"},
      {R"({"a.b": 1, "a": {"b": 2}})", "/a.b", Type::number, "1"},
      {R"({"a.b": 1, "a": {"b": 2}})", "a.b", Type::number, "2"},
      {R"({"a.b": 1})", "a.b", Type::missing, ""},
      {R"({"a/b": 1, "m~n": 2, "~1": 3})", "/a~1b", Type::number, "1"},
      {R"({"a/b": 1, "m~n": 2, "~1": 3})", "/m~0n", Type::number, "2"},
      {R"({"a/b": 1, "m~n": 2, "~1": 3})", "/~01", Type::number, "3"},
      {R"({"a/b": 1, "m~n": 2, "~1": 3})", "~1", Type::number, "3"},
      {R"({"": 1, " ": {"": 2}})", "/", Type::number, "1"},
      {R"({"": 1, " ": {"": 2}})", "/ /", Type::number, "2"},
      {R"({"a": {"": 2}})", "a.", Type::number, "2"},
      {R"({"\u0061\"": "\u00e9\n\ud83d\ude42"})", "a\"", Type::string, "é\n🙂"},
      {R"({"Zeit": 1, "zeit": 2})", "zeit", Type::number, "2"},
      {R"("x")", "", Type::string, "x"},
      {R"( 12 )", "", Type::number, "12"},
      {R"("x")", "a", Type::missing, ""},
      {R"(12)", "0", Type::missing, ""},
      {R"({"a": "x"})", "a.b", Type::missing, ""},
      {R"({"a": "x"})", "a.0", Type::missing, ""},
      {R"({"a": null})", "a", Type::null, ""},
      {R"({"a": null})", "a.b", Type::missing, ""},
      {R"({"a": true})", "a", Type::boolean, ""},
      {R"({"a": false})", "a", Type::boolean, ""},
      {R"({"a": {"a": 1}})", "a", Type::object, ""},
      {R"({"a": [1]})", "a", Type::array, ""},
      {R"({})", "a", Type::missing, ""},
      {R"([])", "0", Type::missing, ""},
      {R"({})", "", Type::object, ""},
      {R"(null)", "", Type::null, ""},
      // the last of two members of one name counts
      {R"({"a": 1, "a": 2})", "a", Type::number, "2"},
      {R"({"a": {"b": 1}, "a": {"c": 2}})", "a.b", Type::missing, ""},
      {R"({"a": {"b": 1}, "a": 2})", "a.b", Type::missing, ""},
      // numbers as written
      {R"({"a": 1795341723.678901234567890123})", "a", Type::number,
       "1795341723.678901234567890123"},
      {R"({"a": 123456789012345678901234567890, "b": 1e999})", "a", Type::number,
       "123456789012345678901234567890"},
      {R"({"a": -1.5E+3 })", "a", Type::number, "-1.5E+3"},
      {"\xef\xbb\xbf{\"a\": 1}", "a", Type::number, "1"},
      // as Python writes what is no number
      {R"({"a": "x", "b": NaN, "c": [Infinity, -Infinity]})", "a", Type::string, "x"},
      {R"({"b": NaN , "a": NaN
})",
       "a", Type::number, "NaN"},
      {R"([-Infinity])", "0", Type::number, "-Infinity"},
      {R"( Infinity )", "", Type::number, "Infinity"},
      // halves of surrogate pairs, in values and keys, and bytes that are no UTF-8
      {R"({"b": "\ud83d", "a": "x"})", "a", Type::string, "x"},
      {R"({"a": "\ud83d\ud83d\ude42\\ud83d\udE42 \uDbfF"})", "a", Type::string,
       "\ufffd🙂\\ud83d\ufffd \ufffd"},
      {R"({"\ud83d": 1, "a": 2})", "a", Type::number, "2"},
      {R"({"\ud83da": 1})", "\ufffda", Type::number, "1"},
      {"{\"a\": 1, \"b\": \"J\xf6rg\"}", "a", Type::number, "1"},
      {"{\"a\": \"J\xf6rg \\ud83d\"}", "a", Type::string, "J\ufffdrg \ufffd"},
      {"{\"a\": 1, \"b\": \"\xed\xa0\x80\"}", "a", Type::number, "1"},
      {"\r\n\t {\"a\"\n:\t1\r}\n\n", "a", Type::number, "1"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body, row.path);
    const auto found = find_json_field(row.body, row.path);
    CHECK(found.problem.empty());
    CHECK_FALSE(find_json_fault(row.body[0] == '\xef' ? row.body + 3 : row.body));
    CHECK(found.type == row.type);
    CHECK(found.text == row.text);
  }
}

TEST_CASE("the whole body has to be JSON, wherever the field stands", "[json_field]") {
  for (const std::string body : {R"({"a": 1)",
                                 R"({"a": 1})"
                                 "}",
                                 R"({"a": 1} x)",
                                 R"({"a": 1}{"a": 2})",
                                 R"({"a": 1} 2)",
                                 R"({"a": 1, "b": })",
                                 R"({"a": 1, "b")",
                                 R"({"a": 1, "b": tru})",
                                 R"({"a": 1, "b": nul})",
                                 R"({"a": 1, "b": nulll})",
                                 R"({"a": 1, "b": 01})",
                                 R"({"a": 1, "b": +1})",
                                 R"({"a": 1, "b": 1.})",
                                 R"({"a": 1, "b": .5})",
                                 R"({"a": 1, "b": 1e})",
                                 R"({"a": 1, "b": 1x})",
                                 R"({"a": 1, "b": -})",
                                 R"({"a": 1,})",
                                 R"({"a": 1 "b": 2})",
                                 R"({"a" 1})",
                                 R"({"a": 1, b: 2})",
                                 R"({'a': 1})",
                                 R"({"a": 1, "b": [1 2]})",
                                 R"({"a": 1, "b": [1,]})",
                                 R"({"a": 1, "b": [,1]})",
                                 R"({"a": 1, "b": [1})",
                                 R"({"a": 1, "b": {]})",
                                 R"({"a": 1])",
                                 R"([1})",
                                 R"({"a": 1, "b": "\x"})",
                                 R"({"a": 1, "b": "\u12"})",
                                 R"({"a": 1, "b": "x})",
                                 "{\"a\": 1, \"b\": \"\n\"}",
                                 R"({"a": 1} // c)",
                                 R"({"a": 1, 2: 3})",
                                 "",
                                 " ",
                                 "\xef\xbb\xbf",
                                 "<html></html>",
                                 "tru",
                                 "truefalse",
                                 "1 2",
                                 "\"",
                                 "{",
                                 "[",
                                 "}",
                                 "]",
                                 ",",
                                 ":",
                                 "{}}",
                                 "[]]",
                                 "\xff",
                                 R"({"a": 1, "b": Inf})",
                                 R"({"a": 1, "b": NaNs})",
                                 R"({"a": 1, "b": Na N})",
                                 R"({"a": 1, "b": nan})",
                                 R"({"a": 1, "b": -NaN})",
                                 R"({"a": 1, "b": +Infinity})",
                                 R"({"a": 1, "b": - Infinity})",
                                 R"({"a": 1, NaN: 2})",
                                 R"({"a": 1, "b": "\ud83"})",
                                 R"({"a": 1, "b": "\ud83d\x"})",
                                 "{\"a\": 1, \"b\": \"\xff\n\"}",
                                 "NaN NaN",
                                 "{\"a\": 1}\xff"}) {
    CAPTURE(body);
    const auto found = find_json_field(body, "a");
    CHECK(found.type == Type::not_json);
    CHECK_FALSE(found.problem.empty());
    CHECK(find_json_fault(body));
    CHECK(find_json_field(body, "/b/0").type == Type::not_json);
    CHECK(find_json_field(body, "").type == Type::not_json);
  }
}

TEST_CASE("every cut of a valid answer is refused", "[json_field]") {
  const std::string body =
      R"({"a": 1, "s": "x\u00e9\n", "n": [-1.5e3, true, false, null, {}, [], {"k": [[1]]}], "z": 2})";
  REQUIRE(find_json_field(body, "z").text == "2");
  for (std::size_t length = 0; length < body.size(); ++length) {
    CAPTURE(length);
    CHECK(find_json_field(body.substr(0, length), "a").type == Type::not_json);
  }
}

TEST_CASE("deep nesting is refused, not followed", "[json_field]") {
  CHECK(find_json_field(nested(1001), "a").type == Type::missing);
  const std::string deep = std::string(999, '[') + R"({"a": 7})" + std::string(999, ']');
  std::string way;
  for (int i = 0; i < 999; ++i) way += "/0";
  CHECK(find_json_field(deep, way + "/a").text == "7");
  CHECK(find_json_field(nested(1002), "a").type == Type::not_json);
  CHECK(find_json_field(nested(100'000), "a").type == Type::not_json);
  CHECK(find_json_field(std::string(1 << 20, '['), "a").type == Type::not_json);
}

TEST_CASE("large answers are read to their end", "[json_field]") {
  std::string body = "{\"pad\": [";
  while (body.size() < 2 << 20) body += "\"0123456789\", {\"x\": -1.5}, ";
  body += "0], \"a\": \"found\"}";
  CHECK(find_json_field(body, "a").text == "found");
  body.pop_back();
  CHECK(find_json_field(body, "a").type == Type::not_json);
  CHECK(find_json_field("{\"a\": 1}", "a").text == "1");
}

TEST_CASE("an answer comes to its computed time", "[body_reading]") {
  const auto good = read(R"({"version": "1.2", "computed_time": "2026-11-22T10:02:03.5Z"})");
  CHECK(good.outcome == Outcome::ok);
  CHECK(good.computed_at == timestamp_from_us(base + 500'000));
  CHECK(good.had_offset);
  CHECK(good.raw == "2026-11-22T10:02:03.5Z");
  CHECK(good.detail.empty());

  const auto local = read(R"({"data": {"lastTime": "2026-11-22 10:02:03"}})", "data.lastTime");
  CHECK(local.outcome == Outcome::ok);
  CHECK_FALSE(local.had_offset);

  CHECK(read(R"({"computed_time": 1795341723.000001})").computed_at == timestamp_from_us(base + 1));
  CHECK(read(R"("2026-11-22T10:02:03Z")", "").computed_at == now);
}

TEST_CASE("a local time that came twice is read as both its instants", "[body_reading]") {
  const TimeFormat prague("auto", "Europe/Prague");
  const auto twice =
      read_body(R"({"computed_time": "2026-10-25 02:30:00"})", "computed_time", prague);
  const auto first = timestamp_from_us(1'792'888'200'000'000);  // 2026-10-25T00:30Z
  CHECK(twice.computed_at == first);
  CHECK(twice.computed_alt == first + std::chrono::hours(1));
  CHECK_FALSE(read_body(R"({"computed_time": "2026-10-25 03:30:00"})", "computed_time", prague)
                  .computed_alt);
}

TEST_CASE("what is wrong with an answer is said to people", "[body_reading]") {
  struct Row {
    std::string body;
    const char* field;
    Outcome outcome;
    std::string detail;
  };
  const Row rows[] = {
      {"", "t", Outcome::not_json, "not JSON: empty"},
      {"<!DOCTYPE html><html><body>Bad gateway</body></html>", "t", Outcome::not_json,
       "an HTML page instead of JSON: \"<!DOCTYPE html><html><body>Bad gateway</body></html>\""},
      {"\xef\xbb\xbf\n<HTML>", "t", Outcome::not_json,
       "an HTML page instead of JSON: \"\\ufeff\\n<HTML>\""},
      {R"({"t": 1, "u": "x)", "t", Outcome::not_json,
       "not JSON: an unclosed string at line 1, column 15: \"{\"t\": 1, \"u\": \"x\""},
      {"{\"t\": 1,\n \"ü\": [\"ü\", 2\n", "t", Outcome::not_json,
       "not JSON: unexpected end at line 3, column 1: \"... 1,\\n \"ü\": [\"ü\", 2\\n\""},
      {"{\"t\": \"" + std::string(500, 'x') + "\", \"üü\": nil, \"t\": 1}", "t", Outcome::not_json,
       "not JSON: expected a value at line 1, column 517: \"...xxxxxxxxx\", \"üü\": nil, \"t\": "
       "1}\""},
      {"{\"t\": NaN}", "t", Outcome::time_unreadable, "field t is NaN: not a time"},
      {"{}", "t", Outcome::field_missing, "field t is missing"},
      {"{\"t\": null}", "t", Outcome::field_missing, "field t is null"},
      {"{\"t\": {}}", "t", Outcome::field_missing, "field t is an object"},
      {"{\"t\": [1]}", "t", Outcome::field_missing, "field t is an array"},
      {"{\"t\": true}", "t", Outcome::field_missing, "field t is a boolean"},
      {"{\"data\": {}}", "data.lastTime", Outcome::field_missing, "field data.lastTime is missing"},
      {"null", "", Outcome::field_missing, "the answer is null"},
      {R"({"t": ""})", "t", Outcome::time_unreadable, "field t is \"\": empty"},
      {R"({"t": "soon"})", "t", Outcome::time_unreadable, "field t is \"soon\": not a time"},
      {R"({"t": "2026-02-30T00:00:00Z"})", "t", Outcome::time_unreadable,
       "field t is \"2026-02-30T00:00:00Z\": 2026-02 has no day 30"},
      {R"({"t": "0001-01-01T00:00:00Z"})", "t", Outcome::time_unreadable,
       "field t is \"0001-01-01T00:00:00Z\": never computed"},
      {R"({"t": 0})", "t", Outcome::time_unreadable, "field t is 0: never computed"},
      {R"({"t": "\u001b[2Jx\n"})", "t", Outcome::time_unreadable,
       "field t is \"\\x1b[2Jx\\n\": not a time"},
      {R"({"t": ")" + std::string(5000, 'x') + "\"}", "t", Outcome::time_unreadable,
       "field t is \"" + std::string(77, 'x') + "...\": not a time"},
  };
  for (const auto& row : rows) {
    const auto reading = read(row.body, row.field);
    CHECK(reading.outcome == row.outcome);
    CHECK(reading.detail == row.detail);
    CHECK_FALSE(reading.computed_at);
    CHECK(reading.raw.size() <= 1024);
  }
}

TEST_CASE("what is not JSON is told with its first wrong place", "[json_field]") {
  struct Row {
    std::string body;
    const char* problem;
  };
  const Row rows[] = {
      {"", "empty"},
      {" \n", "empty"},
      {"{\"a\": 1", "unexpected end at line 1, column 8"},
      {"[1,\n 2", "unexpected end at line 2, column 3"},
      {"[1, nil]", "expected a value at line 1, column 5"},
      {"[1,]", "expected a value at line 1, column 4"},
      {"{\"a\": 1,}", "expected a key in double quotes at line 1, column 9"},
      {"{a: 1}", "expected a key in double quotes at line 1, column 2"},
      {"{'a': 1}", "expected a key in double quotes at line 1, column 2"},
      {"{\"a\" 1}", "expected a colon at line 1, column 6"},
      {"{\"a\": 1 \"b\": 2}", "expected , or } at line 1, column 9"},
      {"[1 2]", "expected , or ] at line 1, column 4"},
      {"[01]", "expected , or ] at line 1, column 3"},
      {"[1.]", "expected , or ] at line 1, column 3"},
      {"{\"ä\": \"b", "an unclosed string at line 1, column 7"},
      {"[\"\n\"]", "a control character in a string at line 1, column 3"},
      {"[\"\\x\"]", "a broken escape in a string at line 1, column 3"},
      {"[\"\\u12\"]", "a broken escape in a string at line 1, column 3"},
      {"{}\r\n{}", "text after its end at line 2, column 1"},
      {"1 2", "text after its end at line 1, column 3"},
      // what is let pass does not shift the place
      {"[NaN, \"\\ud83d\", \"\xff\", nil]", "expected a value at line 1, column 22"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    CHECK(find_json_field(row.body, "a").problem == row.problem);
  }
  CHECK(find_json_field(nested(1002), "a").problem == "nested too deeply at line 1, column 1002");
}
