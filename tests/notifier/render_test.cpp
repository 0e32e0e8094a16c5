#include "notifier/render.hpp"

#include "make_event.hpp"
#include "tests/catch.hpp"

#include <functional>

namespace stalewatch::notifier {
namespace {

struct Row {
  Event event;
  std::string line;
};

Event with(Event e, const std::function<void(Event&)>& change) {
  change(e);
  return e;
}

std::string line(const Event& event) { return line_of({1, Note::event, event, {}}, false); }

std::vector<Row> data_rows() {
  const auto computed = ten - 15min;
  return {
      {with(make_event(Kind::updated, 1, ten),
            [](Event& e) {
              e.computed_at = ten - 2s, e.previous_computed_at = ten - 302s, e.lag = 2s;
            }),
       "2026-11-22 10:00:00+01:00 UPDATED         PROD  computed 09:59:58+01:00, seen 2s later, "
       "5m after the one before, http://h/v #1"},
      {with(make_event(Kind::went_back, 2, ten),
            [](Event& e) {
              e.computed_at = ten - 24h, e.previous_computed_at = ten - 1s, e.detail = "adopted";
            }),
       "2026-11-22 10:00:00+01:00 WENT BACK       PROD  computed 2026-11-21 10:00:00+01:00 after "
       "09:59:59+01:00 had been seen, adopted, http://h/v #2"},
      {with(make_event(Kind::stale, 123, 123, ten),
            [&](Event& e) {
              e.age = e.threshold = 15min, e.computed_at = computed, e.since = ten;
              e.next_reminder_at = ten + 5min;
            }),
       "2026-11-22 10:00:00+01:00 STALE           PROD  data 15m old (limit 15m), last computed "
       "09:45:00+01:00, first reminder 10:05:00+01:00, http://h/v #123"},
      {with(make_event(Kind::still_stale, 124, 123, ten + 5min),
            [&](Event& e) {
              e.age = 20min, e.threshold = 15min, e.computed_at = computed, e.since = ten;
              e.repeat_number = 1, e.next_reminder_at = ten + 10min;
            }),
       "2026-11-22 10:05:00+01:00 STILL STALE     PROD  data 20m old (limit 15m), since "
       "10:00:00+01:00 (5m), last computed 09:45:00+01:00, reminder 1, next 10:10:00+01:00, "
       "http://h/v #124"},
      {with(make_event(Kind::fresh_again, 125, 123, ten + 38min),
            [&](Event& e) { e.since = ten, e.computed_at = ten + 38min; }),
       "2026-11-22 10:38:00+01:00 FRESH AGAIN     PROD  was stale 10:00-10:38 (38m), computed "
       "10:38:00+01:00, http://h/v #125"},
  };
}

std::vector<Row> other_rows() {
  return {
      {with(make_event(Kind::failing, 7, 7, ten),
            [](Event& e) {
              e.reason = "http_status", e.detail = "HTTP 503", e.since = ten - 1min, e.age = 31min;
              e.observers_failing = 2, e.observers_of = 3;
            }),
       "2026-11-22 10:00:00+01:00 FAILING         PROD  HTTP 503, seen by 2 of 3 probers, since "
       "09:59:00+01:00 (1m), data at least 31m old, http://h/v #7"},
      {with(make_event(Kind::answering_again, 8, 7, ten + 14h),
            [](Event& e) { e.since = ten, e.age = 40min, e.late = true; }),
       "2026-11-23 00:00:00+01:00 ANSWERING AGAIN PROD  was failing 2026-11-22 10:00-2026-11-23 "
       "00:00 (14h), data 40m old, told late, http://h/v #8"},
      {with(make_event(Kind::not_watched, 9, 9, ten), [](Event& e) { e.reason = "no_prober"; }),
       "2026-11-22 10:00:00+01:00 NOT WATCHED     PROD  no prober is connected, http://h/v #9"},
      {with(make_event(Kind::clock_ok, 10, 4, ten), [](Event& e) { e.since = ten - 5min; }),
       "2026-11-22 10:00:00+01:00 CLOCK OK        PROD  was off 09:55:00-10:00:00 (5m), http://h/v "
       "#10"},
      {with(make_event(Kind::aggregator_lost, 0, ten, "aggregator"),
            [](Event& e) {
              e.address.clear(), e.target.clear(), e.since = ten - 10s,
                                                   e.detail = "no alarm can come";
            }),
       "2026-11-22 10:00:00+01:00 AGGREGATOR LOST aggregator  since 09:59:50+01:00 (10s), no "
       "alarm can come"},
  };
}

TEST_CASE("a line says who, what, since when, how old, the limit, the reminders and the number",
          "[notifier]") {
  use_berlin_time();
  for (const auto& rows : {data_rows(), other_rows()})
    for (const auto& row : rows) CHECK(line(row.event) == row.line);
}

TEST_CASE("a kind that only a newer version knows is a plain line with its name", "[notifier]") {
  use_berlin_time();
  auto event = make_event(Kind::updated, 7, ten, "T2");
  event.kind = EventKind::unknown("certificate_expires");
  event.detail = "in \x1b[31m5d";
  CHECK(line(event) ==
        "2026-11-22 10:00:00+01:00 EVENT           certificate_expires T2  in \\x1b[31m5d, "
        "http://h/v #7");
  CHECK(tone_of(event) == Tone::fact);
  CHECK(phrase_of(event, quote_plain) == "had the event certificate_expires");
}

TEST_CASE("a sink that begins with nothing open says so", "[notifier]") {
  use_berlin_time();
  Event at_ten;
  at_ten.at = ten;
  CHECK(line_of({1, Note::nothing_open, at_ten, {}}, true) ==
        "2026-11-22 10:00:00+01:00 no open problems");
}

TEST_CASE("problem, reminder, recovery and fact have words and colours of their own",
          "[notifier]") {
  const auto colored = [](Kind kind) {
    const auto text = line_of({1, Note::event, make_event(kind, 1, ten), {}}, true);
    const auto from = text.find('\033');
    return text.substr(from, text.find('m', from) + 1 - from);
  };
  CHECK(colored(Kind::stale) == "\033[1;31m");
  CHECK(colored(Kind::still_stale) == "\033[33m");
  CHECK(colored(Kind::fresh_again) == "\033[32m");
  CHECK(colored(Kind::updated) == "\033[36m");
  for (std::size_t a = 0; a <= known_kinds; ++a)
    for (std::size_t b = 0; b < a; ++b)
      CHECK(word_of(static_cast<Kind>(a)) != word_of(static_cast<Kind>(b)));
}

TEST_CASE("nothing from outside reaches a line raw", "[notifier]") {
  auto e = make_event(Kind::failing, 1, ten, "a\nb\033[31m\xff");
  e.address = "http://h/\r\n";
  e.detail = std::string("x\0y", 3) + "\u202e";
  e.reason = "\a";
  const auto text = line(e);
  CHECK(text.find_first_of(std::string("\n\r\033\a\0", 5)) == text.npos);
  CHECK(text.find("\u202e") == text.npos);
  CHECK(text.find("a\\nb\\x1b[31m\\xff") != text.npos);
  e.name = std::string(1 << 20, 'n');
  CHECK(line(e).size() < 1000);
}

}  // namespace
}  // namespace stalewatch::notifier
