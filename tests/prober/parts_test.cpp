// The smaller pure parts: history, assignment pieces, outbox, clock pings, headers of an answer.

#include "prober/answer_headers.hpp"
#include "prober/assignment.hpp"
#include "prober/body_text.hpp"
#include "prober/clock_pings.hpp"
#include "prober/outbox.hpp"
#include "prober/target_history.hpp"
#include "tests/catch.hpp"

namespace stalewatch::prober {
namespace {

using namespace std::chrono_literals;

const Timestamp t0 = timestamp_from_us(1'800'000'000'000'000);

TEST_CASE("a sample is news when either instant of its time changes", "[history]") {
  TargetHistory history;
  const Timestamp time = timestamp_from_us(1'000'000);
  const auto is_news = [&](std::optional<Timestamp> alt) {
    Sample sample{.computed_at = time, .computed_alt = alt};
    return enter(history, sample, 2);
  };
  CHECK(is_news(std::nullopt));
  CHECK(is_news(time + std::chrono::hours(1)));
  CHECK_FALSE(is_news(time + std::chrono::hours(1)));
  CHECK(is_news(std::nullopt));
}

TEST_CASE("streak and since count what was alike, news is what differs", "[history]") {
  struct Row {
    Outcome outcome;
    std::optional<Timestamp> computed_at;
    bool news;
    std::uint32_t streak;
    int since;  // second of the streak's first sample
    bool recheck;
  };
  const std::vector<Row> rows = {
      {Outcome::ok, t0, true, 1, 0, false},       // the first is news
      {Outcome::ok, t0, false, 2, 0, false},      // the same again
      {Outcome::ok, t0 + 1s, true, 3, 0, false},  // an update
      {Outcome::timeout, {}, true, 1, 3, true},   // a first failure
      {Outcome::timeout, {}, false, 2, 3, false},
      {Outcome::connect, {}, true, 3, 3, false},  // another reason: news, but the streak goes on
      {Outcome::ok, t0 + 1s, true, 1, 6, false},
  };
  TargetHistory history;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("row " << i);
    Sample sample;
    sample.probed_at = t0 + std::chrono::seconds(i);
    sample.outcome = rows[i].outcome;
    sample.computed_at = rows[i].computed_at;
    CHECK(enter(history, sample, 100) == rows[i].news);
    CHECK(sample.streak == rows[i].streak);
    CHECK(sample.since == t0 + std::chrono::seconds(rows[i].since));
    CHECK(wants_recheck(sample, 2) == rows[i].recheck);
    CHECK_FALSE(wants_recheck(sample, 1));
  }
}

Targets piece(std::uint64_t generation, bool full, bool last, std::vector<std::uint32_t> added,
              std::vector<std::uint32_t> removed = {}, std::string assignment = "a") {
  Targets targets{std::move(assignment), generation, full, last, 5s, {}, std::move(removed)};
  for (const auto id : added) targets.added.push_back({.id = id});
  return targets;
}

using Took = AssignmentPieces::Took;

TEST_CASE("a change of the assignment is applied when its last piece is there", "[assignment]") {
  AssignmentPieces pieces;
  CHECK(pieces.take(piece(3, true, false, {1, 2})) == Took::more);
  CHECK(pieces.generation() == 0);
  CHECK(pieces.take(piece(3, false, true, {3}, {9})) == Took::complete);
  CHECK(pieces.generation() == 3);
  CHECK(pieces.change().full);
  CHECK(pieces.change().added.size() == 3);
  CHECK(pieces.change().removed == std::vector<std::uint32_t>{9});

  CHECK(pieces.take(piece(5, false, true, {}, {1})) == Took::complete);  // a difference
  CHECK_FALSE(pieces.change().full);
  CHECK(pieces.change().added.empty());
}

TEST_CASE("a lost piece spoils its change, and only a full one mends it", "[assignment]") {
  AssignmentPieces pieces;
  CHECK(pieces.take(piece(1, false, true, {1})) ==
        Took::out_of_order);  // a difference to nothing known
  CHECK(pieces.take(piece(1, true, true, {1})) == Took::complete);
  CHECK(pieces.take(piece(1, false, true, {2})) == Took::out_of_order);  // not newer
  CHECK(pieces.take(piece(2, false, true, {2}, {}, "b")) ==
        Took::out_of_order);  // ids of another meaning
  CHECK(pieces.take(piece(2, false, false, {2})) == Took::more);
  CHECK(pieces.take(piece(3, false, true, {3})) == Took::out_of_order);  // the rest of 2 is missing
  CHECK(pieces.generation() == 1);
  CHECK(pieces.take(piece(4, true, false, {4})) == Took::more);
  CHECK(pieces.take(piece(5, true, true, {5})) == Took::complete);  // a full one starts over
  CHECK(pieces.change().added.size() == 1);
}

Sample sample_of(std::uint32_t target, Timestamp at = t0) {
  Sample sample;
  sample.target = target;
  sample.probed_at = at;
  return sample;
}

TEST_CASE("a lone sample goes at once, more wait for 20 ms or 256", "[outbox]") {
  const SteadyTime m0{100s};
  Outbox outbox(100);
  outbox.listened_to(true);
  outbox.add(sample_of(1));
  CHECK(outbox.take_batch(m0).samples.size() == 1);
  CHECK_FALSE(outbox.next());
  outbox.add(sample_of(2));
  CHECK(outbox.take_batch(m0 + 20ms - 1us).samples.empty());
  CHECK(outbox.next() == m0 + 20ms);
  outbox.add(sample_of(3));
  CHECK(outbox.take_batch(m0 + 20ms).samples.size() == 2);
  for (std::uint32_t i = 0; i < 600; ++i) outbox.add(sample_of(i));
  CHECK(outbox.take_batch(m0 + 21ms).samples.size() == 256);
  CHECK(outbox.take_batch(m0 + 21ms).samples.size() == 256);
  CHECK(outbox.take_batch(m0 + 40ms).samples.size() == 88);
}

TEST_CASE("while nobody listens the newest sample of each target is kept", "[outbox]") {
  const SteadyTime m0{100s};
  Outbox outbox(100);
  outbox.add(sample_of(1, t0));
  outbox.add(sample_of(2, t0 + 1s));
  outbox.add(sample_of(1, t0 + 2s));
  CHECK(outbox.take_batch(m0).samples.empty());
  CHECK(outbox.superseded() == 1);
  outbox.listened_to(true);
  const auto batch = outbox.take_batch(m0).samples;
  REQUIRE(batch.size() == 2);
  CHECK(batch[0].target == 2);  // in the order they were seen
  CHECK(batch[1].probed_at == t0 + 2s);

  outbox.add(sample_of(1, t0 + 3s));
  outbox.add(sample_of(1, t0 + 4s));
  outbox.listened_to(false);  // what was on its way is kept as well
  CHECK(outbox.waiting() == 1);
  outbox.listened_to(true);
  CHECK(outbox.take_rest().samples.at(0).probed_at == t0 + 4s);
}

TEST_CASE("the aggregator's clock is measured by the quickest of the last pings", "[clock]") {
  ClockPings pings;
  CHECK_FALSE(pings.best());
  pings.add(t0, t0 + 105ms, t0 + 10ms);
  CHECK(pings.best() == ClockOffset{100ms, 5ms});
  pings.add(t0, t0 + 190ms, t0 + 200ms);  // a slow answer, on one way only
  CHECK(pings.best() == ClockOffset{100ms, 5ms});
  // It stood still for seven seconds, and answered all that had come meanwhile at once.
  for (int i = 0; i < 7; ++i) pings.add(t0 + i * 1s, t0 + 7100ms, t0 + 7s);
  CHECK(pings.best() == ClockOffset{100ms, 5ms});
  pings.add(t0 + 1s, t0 + 2s, t0);  // received before it was sent: nothing
  CHECK(pings.best() == ClockOffset{100ms, 5ms});
  pings.add(t0, t0 - 2s + 5ms, t0 + 10ms);  // a clock was set: believed at once
  CHECK(pings.best() == ClockOffset{-2s, 5ms});
}

TEST_CASE("the Date of an answer tells the server's clock, unless a cache may have answered",
          "[clock]") {
  const Timestamp date = timestamp_from_us(784'111'777'000'000);
  const auto offset = [&](std::vector<std::string> lines) {
    AnswerHeaders headers;
    for (const auto& line : lines) REQUIRE(headers.add(line + "\r\n"));
    return headers.clock_offset(date - 100ms, date + 100ms);
  };
  const std::string dated = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
  CHECK(offset({"HTTP/1.1 200 OK", dated}) == ClockOffset{500ms, 600ms});
  CHECK(offset({"HTTP/1.1 200 OK", "date:Sun, 06 Nov 1994 08:49:37 GMT"}) ==
        ClockOffset{500ms, 600ms});
  CHECK(offset({dated, "Age: 0", "X-Cache: MISS"}) == ClockOffset{500ms, 600ms});
  CHECK_FALSE(offset({dated, "Age: 3"}));
  CHECK_FALSE(offset({"age: 3", dated}));
  CHECK_FALSE(offset({dated, "X-Cache: Hit from cloud"}));
  CHECK_FALSE(offset({"HTTP/1.1 200 OK"}));
  CHECK_FALSE(offset({"Date: yesterday"}));
  CHECK_FALSE(offset({dated, "HTTP/1.1 200 OK"}));  // of the redirect before
}

TEST_CASE("the charset is the one that the last answer names", "[charset]") {
  const auto charset = [](const std::vector<std::string>& lines) {
    AnswerHeaders headers;
    for (const auto& line : lines) REQUIRE(headers.add(line + "\r\n"));
    return headers.charset();
  };
  CHECK(charset({"Content-Type: application/json;charset=ISO-8859-1"}) == "ISO-8859-1");
  CHECK(charset({"content-type:text/plain; q=1 ; Charset=\"utf-8\" ; x=y"}) == "utf-8");
  CHECK(charset({"Content-Type: text/plain; charset='latin1'"}) == "latin1");
  CHECK(charset({"Content-Type: application/json; charset="}).empty());
  CHECK(charset({"Content-Type: application/json; charset"}).empty());
  CHECK(charset({"Content-Type: charset=latin1"}).empty());
  CHECK(charset({"Content-Type: a/b; mycharset=latin1"}).empty());
  CHECK(charset({"X-Content-Type: a/b; charset=latin1"}).empty());
  CHECK(charset({"Content-Type: a/b; charset=x", "HTTP/1.1 200 OK"}).empty());
}

TEST_CASE("a coding that is no compression is known", "[charset]") {
  const auto unknown = [](const std::vector<std::string>& lines) {
    AnswerHeaders headers;
    for (const auto& line : lines) REQUIRE(headers.add(line + "\r\n"));
    return headers.has_unknown_coding();
  };
  CHECK_FALSE(unknown({"HTTP/1.1 200 OK"}));
  for (const auto* known :
       {"gzip", " GZIP", "x-gzip", "deflate", "br", "zstd", "identity", "", "gzip, br", ","})
    CHECK_FALSE(unknown({"Content-Encoding:" + std::string(known)}));
  for (const auto* none : {"UTF-8", " utf-8", "binary", "gzi", "gzipp", "gzip, utf-8", "x"})
    CHECK(unknown({"Content-Encoding:" + std::string(none)}));
  CHECK(unknown({"Content-Encoding: x", "Content-Encoding: gzip"}));
  CHECK_FALSE(unknown({"Content-Encoding: x", "HTTP/1.1 200 OK"}));
}

TEST_CASE("a body is brought to UTF-8 from what it says it is", "[charset]") {
  using std::string_literals::operator""s;
  struct Row {
    std::string body, charset, text;
  };
  const Row rows[] = {
      {"{\"J\xf6rg\"}", "ISO-8859-1", "{\"Jörg\"}"},
      {"{\"J\xf6rg\"}", "latin-1", "{\"Jörg\"}"},
      {"{\"J\xf6rg\"}", "iso8859-15", "{\"Jörg\"}"},
      {"{\"\x80\"}", "windows-1252", "{\"€\"}"},
      {"{\"\x81\"}", "windows-1252", "{\"\ufffd\"}"},
      {"{\"\x93\xfa\"}", "Shift_JIS", "{\"日\"}"},
      {"\xff\xfe{\0\xf6\0}\0"s, "", "{ö}"},
      {"\xfe\xff\0{\0\xf6\0}"s, "utf-8", "{ö}"},
      {"\xff\xfe\0\0{\0\0\0}\0\0\0"s, "", "{}"},
      {"\0\0\xfe\xff\0\0\0{\0\0\0}"s, "", "{}"},
      {"{\0}\0"s, "", "{}"},
      {"\0{\0}"s, "", "{}"},
      {"{\0\0\0}\0\0\0"s, "", "{}"},
      {"\0\0\0{\0\0\0}"s, "", "{}"},
      {"{\0\x3d\xd8}\0"s, "utf-16", "{\ufffd}"},  // half of a pair
      {"{\0}\0x"s, "", "{}\ufffd"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body, row.charset);
    CHECK(body_in_utf8(row.body, row.charset) == row.text);
  }
  for (const auto* charset :
       {"", "utf-8", "UTF8", "us-ascii", "x", "latin99", "UTF-7", "internal", "ISO-2022-JP-3",
        "latin1//TRANSLIT", "iso-8859-1-and-much-more-than-that"})
    CHECK_FALSE(body_in_utf8("{\"J\xf6rg\"}", charset));
  const std::string large = "{\"" + std::string(100'000, '\xf6') + "\"}";
  CHECK(body_in_utf8(large, "latin1")->size() == 200'004);
}

TEST_CASE("a Date of any year is read without overflow", "[clock]") {
  const Timestamp now = timestamp_from_us(1'800'000'000'000'000);
  for (const auto* year : {"9999", "33658", "40000", "292278", "999999999"}) {
    AnswerHeaders headers;
    REQUIRE(headers.add("Date: Fri, 31 Dec " + std::string(year) + " 23:59:59 GMT\r\n"));
    if (const auto clock = headers.clock_offset(now, now))
      CHECK(clock->offset <= timestamp_from_us(253'402'300'800'000'000) - now);
  }
}

TEST_CASE("headers have a limit", "[clock]") {
  AnswerHeaders headers;
  CHECK(headers.add(std::string(max_header_bytes, 'x')));
  CHECK_FALSE(headers.add("y"));
}

}  // namespace
}  // namespace stalewatch::prober
