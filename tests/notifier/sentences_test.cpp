// Every sentence that people read: each kind of event with each cause that it can have, as the
// aggregator and the prober word them.

#include "make_event.hpp"
#include "notifier/digest.hpp"
#include "notifier/render.hpp"
#include "notifier/sinks/rocketchat/text.hpp"
#include "tests/catch.hpp"

namespace stalewatch::notifier {
namespace {

/// One event, what terminal and log say of it, and what a phone shows.
struct Sentence {
  Event event;
  std::string line, headline;
};

void check(const std::vector<Sentence>& sentences) {
  use_berlin_time();
  for (const auto& [event, line, headline] : sentences) {
    constexpr std::size_t when = sizeof "2026-11-22 10:00:00+01:00";
    CHECK(line_of({1, Note::event, event, {}}, false).substr(when) == line);
    CHECK(chat_message(fold(items_of({event}))).text == headline);
  }
}

Event because(Event e, const std::string& reason, const std::string& detail) {
  if (!reason.empty()) e.reason = reason;
  if (!detail.empty()) e.detail = detail;
  return e;
}

/// Begun a minute ago; the data are a quarter of an hour old.
Event begun(Kind kind, const std::string& reason, const std::string& detail) {
  auto e = make_event(kind, 7, 7, ten);
  e.since = ten - 1min;
  e.computed_at = ten - 15min;
  e.age = 15min;
  if (opening_of(kind) == Kind::stale) e.threshold = 10min;
  return because(e, reason, detail);
}

/// Begun twenty minutes ago; the data are two seconds old.
Event ended(Kind kind, const std::string& reason, const std::string& detail) {
  auto e = make_event(kind, 9, 7, ten);
  e.since = ten - 20min;
  e.computed_at = ten - 2s;
  e.age = 2s;
  e.threshold = 10min;
  return because(e, reason, detail);
}

Event of_system(Kind kind, const std::string& name, const std::string& detail,
                Duration since = {}) {
  auto e = make_event(kind, 7, 7, ten, name);
  e.target.clear();
  e.address.clear();
  if (since != Duration{0}) e.since = ten - since;
  return because(e, "", detail);
}

Event make_retired(const std::string& detail) {
  return because(make_event(Kind::retired, 7, ten), "", detail);
}

Event make_update(Duration lag) {
  auto e = make_event(Kind::updated, 7, ten);
  e.computed_at = ten - lag;
  e.previous_computed_at = *e.computed_at - 5min;
  e.lag = e.age = lag;
  return e;
}

TEST_CASE("why a server fails is told in words", "[notifier]") {
  check({
      {begun(Kind::failing, "http_status", "HTTP 503"),
       "FAILING         PROD  HTTP 503, since 09:59:00+01:00 (1m), data at least 15m old, last "
       "computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (HTTP 503)"},
      {begun(Kind::failing, "http_status",
             "HTTP 302, redirect to http://b.example/ not followed (follow_redirects: true follows "
             "it)"),
       "FAILING         PROD  HTTP 302, redirect to http://b.example/ not followed "
       "(follow_redirects: true follows it), since 09:59:00+01:00 (1m), data at least 15m old, "
       "last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (HTTP 302)"},
      {begun(Kind::failing, "connect", "connection refused"),
       "FAILING         PROD  connection refused, since 09:59:00+01:00 (1m), data at least 15m "
       "old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (connection refused)"},
      {begun(Kind::failing, "connect", "connection closed in the middle of the answer"),
       "FAILING         PROD  connection closed in the middle of the answer, since 09:59:00+01:00 "
       "(1m), data at least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (connection closed in the middle of the answer)"},
      {begun(Kind::failing, "connect", "no connection: Call @all now"),
       "FAILING         PROD  no connection: Call @all now, since 09:59:00+01:00 (1m), data at "
       "least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (no connection)"},
      {begun(Kind::failing, "connect", "connect: refused"),
       "FAILING         PROD  connect: refused, since 09:59:00+01:00 (1m), data at least 15m old, "
       "last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (no connection)"},
      {begun(Kind::failing, "dns", "its name does not resolve"),
       "FAILING         PROD  its name does not resolve, since 09:59:00+01:00 (1m), data at least "
       "15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (its name does not resolve)"},
      {begun(Kind::failing, "tls", "certificate expired 3 days ago"),
       "FAILING         PROD  certificate expired 3 days ago, since 09:59:00+01:00 (1m), data at "
       "least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (certificate expired 3 days ago)"},
      {begun(Kind::failing, "tls", "certificate is not for this host (but for other.example)"),
       "FAILING         PROD  certificate is not for this host (but for other.example), since "
       "09:59:00+01:00 (1m), data at least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (certificate is not for this host)"},
      {begun(Kind::failing, "timeout", "timeout after 10s (connected, no answer)"),
       "FAILING         PROD  timeout after 10s (connected, no answer), since 09:59:00+01:00 (1m), "
       "data at least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (timeout after 10s)"},
      {begun(Kind::failing, "too_large", "body of more than 1 MiB"),
       "FAILING         PROD  body of more than 1 MiB, since 09:59:00+01:00 (1m), data at least "
       "15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (body of more than 1 MiB)"},
      {begun(Kind::failing, "not_json", R"(an HTML page instead of JSON: "<html>log in")"),
       "FAILING         PROD  an HTML page instead of JSON: \"<html>log in\", since 09:59:00+01:00 "
       "(1m), data at least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (an HTML page instead of JSON)"},
      {begun(Kind::failing, "not_json", R"(not JSON: unexpected end at line 1, column 8: "{")"),
       "FAILING         PROD  not JSON: unexpected end at line 1, column 8: \"{\", since "
       "09:59:00+01:00 (1m), data at least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (not JSON)"},
      {begun(Kind::failing, "field_missing", "field data.time is missing"),
       "FAILING         PROD  field data.time is missing, since 09:59:00+01:00 (1m), data at least "
       "15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (`field data.time is missing`)"},
      {begun(Kind::failing, "time_unreadable", R"(field t is "soon": not a time)"),
       "FAILING         PROD  field t is \"soon\": not a time, since 09:59:00+01:00 (1m), data at "
       "least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (its time cannot be read)"},
      {begun(
           Kind::failing, "time_in_future",
           R"("2026-11-22 12:00" is 2h in the future; local time without an offset? timezone: says of which zone)"),
       "FAILING         PROD  \"2026-11-22 12:00\" is 2h in the future; local time without an "
       "offset? timezone: says of which zone, since 09:59:00+01:00 (1m), data at least 15m old, "
       "last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (its time is in the future)"},
      {begun(Kind::failing, "connect", ""),
       "FAILING         PROD  no connection, since 09:59:00+01:00 (1m), data at least 15m old, "
       "last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (no connection)"},
      {begun(Kind::failing, "unknown", ""),
       "FAILING         PROD  for a reason that only a newer version has words for, since "
       "09:59:00+01:00 (1m), data at least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (for a reason that only a newer version has words for)"},
      {begun(Kind::failing, "quota", "429 calls left"),
       "FAILING         PROD  429 calls left, since 09:59:00+01:00 (1m), data at least 15m old, "
       "last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (429 calls left)"},
      {begun(Kind::still_failing, "http_status", "HTTP 503"),
       "STILL FAILING   PROD  HTTP 503, since 09:59:00+01:00 (1m), data at least 15m old, last "
       "computed 09:45:00+01:00, http://h/v #7",
       "🟠 PROD is still failing (HTTP 503)"},
  });
}

TEST_CASE("the end of a failure says what it was, and that it is over", "[notifier]") {
  check({
      {ended(Kind::answering_again, "http_status", "HTTP 503"),
       "ANSWERING AGAIN PROD  was failing 09:40-10:00 (20m), last failure: HTTP 503, data 2s old, "
       "fresh, http://h/v #9",
       "🟢 PROD is answering again after 20m"},
      {ended(Kind::answering_again, "connect", ""),
       "ANSWERING AGAIN PROD  was failing 09:40-10:00 (20m), last failure: no connection, data 2s "
       "old, fresh, http://h/v #9",
       "🟢 PROD is answering again after 20m"},
      {ended(Kind::answering_again, "", "it ended while nothing was told here"),
       "ANSWERING AGAIN PROD  was failing 09:40-10:00 (20m), it ended while nothing was told here, "
       "data 2s old, fresh, http://h/v #9",
       "🟢 PROD is answering again after 20m"},
  });
}

TEST_CASE(
    "stale data are told with the clock that they are judged by, and why they are fresh again",
    "[notifier]") {
  check({
      {begun(Kind::stale, "", ""),
       "STALE           PROD  data 15m old (limit 10m), since 09:59:00+01:00 (1m), last computed "
       "09:45:00+01:00, http://h/v #7",
       "🔴 PROD is stale: data 15m old"},
      {begun(Kind::stale, "", "by its own clock, 5m behind ours"),
       "STALE           PROD  data 15m old (limit 10m), by its own clock, 5m behind ours, since "
       "09:59:00+01:00 (1m), last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is stale: data 15m old"},
      {begun(Kind::stale, "", "by our clock, for it sends no usable Date header"),
       "STALE           PROD  data 15m old (limit 10m), by our clock, for it sends no usable Date "
       "header, since 09:59:00+01:00 (1m), last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is stale: data 15m old"},
      {begun(Kind::still_stale, "", "by its own clock, 5m ahead of ours"),
       "STILL STALE     PROD  data 15m old (limit 10m), by its own clock, 5m ahead of ours, since "
       "09:59:00+01:00 (1m), last computed 09:45:00+01:00, http://h/v #7",
       "🟠 PROD is still stale: data 15m old"},
      {ended(Kind::fresh_again, "", ""),
       "FRESH AGAIN     PROD  was stale 09:40-10:00 (20m), computed 09:59:58+01:00, http://h/v #9",
       "🟢 PROD is fresh again after 20m"},
      {ended(Kind::fresh_again, "", "the limit is now 1h"),
       "FRESH AGAIN     PROD  was stale 09:40-10:00 (20m), data 2s old, fresh, the limit is now "
       "1h, http://h/v #9",
       "🟢 PROD is fresh again after 20m"},
      {ended(Kind::fresh_again, "", "now by its own clock, 5m behind ours"),
       "FRESH AGAIN     PROD  was stale 09:40-10:00 (20m), data 2s old, fresh, now by its own "
       "clock, 5m behind ours, http://h/v #9",
       "🟢 PROD is fresh again after 20m"},
      {ended(Kind::fresh_again, "", "our clock went back by 1h"),
       "FRESH AGAIN     PROD  was stale 09:40-10:00 (20m), data 2s old, fresh, our clock went back "
       "by 1h, http://h/v #9",
       "🟢 PROD is fresh again after 20m"},
  });
}

TEST_CASE(
    "a server that nobody watches is told with the reason, which is over when it is watched again",
    "[notifier]") {
  check({
      {begun(Kind::not_watched, "no_prober", "no sample for 30s: no prober is connected"),
       "NOT WATCHED     PROD  no sample for 30s: no prober is connected, since 09:59:00+01:00 "
       "(1m), data at least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is not watched (no prober is connected)"},
      {begun(Kind::not_watched, "prober_lost", "no sample for 30s: its prober was lost"),
       "NOT WATCHED     PROD  no sample for 30s: its prober was lost, since 09:59:00+01:00 (1m), "
       "data at least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is not watched (its prober was lost)"},
      {begun(Kind::not_watched, "samples_lost",
             "no sample for 30s: its prober is connected, but its samples do not arrive"),
       "NOT WATCHED     PROD  no sample for 30s: its prober is connected, but its samples do not "
       "arrive, since 09:59:00+01:00 (1m), data at least 15m old, last computed 09:45:00+01:00, "
       "http://h/v #7",
       "🔴 PROD is not watched (no usable samples arrive)"},
      {begun(Kind::not_watched, "samples_lost",
             "no sample for 30s: what its prober says of it is not believed"),
       "NOT WATCHED     PROD  no sample for 30s: what its prober says of it is not believed, since "
       "09:59:00+01:00 (1m), data at least 15m old, last computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is not watched (no usable samples arrive)"},
      {begun(Kind::still_not_watched, "no_prober", ""),
       "STILL UNWATCHED PROD  no prober is connected, since 09:59:00+01:00 (1m), data at least 15m "
       "old, last computed 09:45:00+01:00, http://h/v #7",
       "🟠 PROD is still not watched (no prober is connected)"},
      {ended(Kind::watched_again, "no_prober", "no sample for 30s: no prober is connected"),
       "WATCHED AGAIN   PROD  was not watched 09:40-10:00 (20m), no prober was connected, data 2s "
       "old, fresh, http://h/v #9",
       "🟢 PROD is watched again after 20m"},
      {ended(Kind::watched_again, "prober_lost", "no sample for 30s: its prober was lost"),
       "WATCHED AGAIN   PROD  was not watched 09:40-10:00 (20m), its prober was lost, data 2s old, "
       "fresh, http://h/v #9",
       "🟢 PROD is watched again after 20m"},
      {ended(Kind::watched_again, "samples_lost",
             "no sample for 30s: what its prober says of it is not believed"),
       "WATCHED AGAIN   PROD  was not watched 09:40-10:00 (20m), no usable samples arrived, data "
       "2s old, fresh, http://h/v #9",
       "🟢 PROD is watched again after 20m"},
  });
}

TEST_CASE("a clock that is wrong is told without an age that goes by it", "[notifier]") {
  check({
      {begun(Kind::clock_off, "", "its clock is 5m ahead, by the Date header"),
       "CLOCK OFF       PROD  its clock is 5m ahead, by the Date header, since 09:59:00+01:00 "
       "(1m), http://h/v #7",
       "🔴 PROD has a wrong clock (its clock is 5m ahead)"},
      {begun(Kind::clock_off, "",
             "its clock is 9000d behind, by the Date header, which is so far off that nothing goes "
             "by it"),
       "CLOCK OFF       PROD  its clock is 9000d behind, by the Date header, which is so far off "
       "that nothing goes by it, since 09:59:00+01:00 (1m), http://h/v #7",
       "🔴 PROD has a wrong clock (its clock is 9000d behind)"},
      {ended(Kind::clock_ok, "", "its clock is 1s behind, by the Date header"),
       "CLOCK OK        PROD  was off 09:40-10:00 (20m), its clock is 1s behind, by the Date "
       "header, http://h/v #9",
       "🟢 PROD has its clock right again after 20m"},
  });
}

TEST_CASE("what the configuration closes says what became of the server", "[notifier]") {
  check({
      {ended(Kind::retired, "", "left the configuration while failing"),
       "REMOVED         PROD  left the configuration while failing, open 09:40-10:00 (20m), "
       "http://h/v #9",
       "⚪ PROD left the configuration while failing; closed after 20m"},
      {ended(Kind::retired, "", "left the configuration while its clock was off"),
       "REMOVED         PROD  left the configuration while its clock was off, open 09:40-10:00 "
       "(20m), http://h/v #9",
       "⚪ PROD left the configuration while its clock was off; closed after 20m"},
      {ended(Kind::retired, "", "was given another address or time field while stale"),
       "REMOVED         PROD  was given another address or time field while stale, open "
       "09:40-10:00 (20m), http://h/v #9",
       "⚪ PROD was given another address or time field while stale; closed after 20m"},
      {make_retired("left the configuration"),
       "REMOVED         PROD  left the configuration, http://h/v #7",
       "⚪ PROD left the configuration"},
      {make_retired(
           "has a stored state that cannot be understood (data: not a map): it begins anew"),
       "REMOVED         PROD  has a stored state that cannot be understood (data: not a map): it "
       "begins anew, http://h/v #7",
       "⚪ PROD has a stored state that cannot be understood"},
      {of_system(Kind::retired, "configuration", "3 targets left the configuration: A, B, C"),
       "REMOVED         configuration  3 targets left the configuration: A, B, C #7",
       "⚪ configuration was changed (3 targets left the configuration)"},
  });
}

TEST_CASE("matters of the system are told as what they are", "[notifier]") {
  check({
      {of_system(Kind::prober_joined, "p1", "zone eu"), "PROBER JOINED   p1  zone eu #7",
       "🔵 p1 joined as a prober (zone eu)"},
      {of_system(Kind::prober_lost, "p1", "no sign of life for 5s"),
       "PROBER LOST     p1  no sign of life for 5s #7",
       "🔵 p1 is lost as a prober (no sign of life for 5s)"},
      {of_system(Kind::samples_lost, "p1",
                 "12 samples with something new have not arrived; they are taken if it comes back",
                 10min),
       "SAMPLES LOST    p1  09:50-10:00 (10m), 12 samples with something new have not arrived; "
       "they are taken if it comes back #7",
       "🔵 p1 lost samples (12 samples with something new have not arrived)"},
      {of_system(
           Kind::clock_stepped, "aggregator",
           "its wall clock went forward by 1h; it is believed when the targets' clocks agree"),
       "CLOCK STEPPED   aggregator  its wall clock went forward by 1h; it is believed when the "
       "targets' clocks agree #7",
       "🔵 aggregator saw its clock step (its wall clock went forward by 1h)"},
      {of_system(Kind::journal_trouble, "journal", "the disk is full; living on the reserve"),
       "JOURNAL TROUBLE journal  the disk is full; living on the reserve #7",
       "🔴 journal is in trouble (the disk is full)"},
      {of_system(Kind::journal_ok, "journal", "", 5min),
       "JOURNAL OK      journal  was in trouble 09:55:00-10:00:00 (5m) #7",
       "🟢 journal is in order again after 5m"},
      {of_system(Kind::consumer_behind, "recorder",
                 "has not taken the last 120 events, the oldest of them for 5m; they are kept for "
                 "it, its own log and /readyz say why",
                 5min),
       "CONSUMER BEHIND recorder  since 09:55:00+01:00 (5m), has not taken the last 120 events, "
       "the oldest of them for 5m; they are kept for it, its own log and /readyz say why #7",
       "🔴 recorder is behind with the events (has not taken the last 120 events)"},
      {of_system(Kind::consumer_ok, "recorder", "", 20min),
       "CONSUMER OK     recorder  was behind 09:40-10:00 (20m) #7",
       "🟢 recorder is not behind with the events any more after 20m"},
      {of_system(Kind::consumer_ok, "recorder", "nothing is kept for it any more", 20min),
       "CONSUMER OK     recorder  was behind 09:40-10:00 (20m), nothing is kept for it any more #7",
       "🟢 recorder is not behind with the events any more after 20m"},
      {of_system(Kind::gap, "notifier", "events 5 to 9 were no longer in the aggregator's journal"),
       "EVENTS MISSING  notifier  events 5 to 9 were no longer in the aggregator's journal #7",
       "🔵 notifier missed events (`events 5 to 9 were no longer in the aggregator's journal`)"},
      {of_system(Kind::undeliverable, "rocketchat",
                 "HTTP 404; 2 events waiting until it takes messages again"),
       "UNDELIVERED     rocketchat  HTTP 404; 2 events waiting until it takes messages again #7",
       "🔵 rocketchat does not take messages (HTTP 404)"},
      {of_system(Kind::aggregator_lost, "aggregator",
                 "nothing is decided, and no alarm can come, until it is back", 10s),
       "AGGREGATOR LOST aggregator  since 09:59:50+01:00 (10s), nothing is decided, and no alarm "
       "can come, until it is back #7",
       "🔴 aggregator is silent (nothing is decided)"},
      {of_system(Kind::aggregator_back, "aggregator", "what happened meanwhile follows", 2min),
       "AGGREGATOR BACK aggregator  was silent 09:58:00-10:00:00 (2m), what happened meanwhile "
       "follows #7",
       "🟢 aggregator is back after 2m"},
  });
}

TEST_CASE("an update tells its times, also when a clock is ahead", "[notifier]") {
  check({
      {make_update(2s),
       "UPDATED         PROD  computed 09:59:58+01:00, seen 2s later, 5m after the one before, "
       "http://h/v #7",
       "🔵 PROD has new data"},
      {make_update(-3s),
       "UPDATED         PROD  computed 10:00:03+01:00, seen 3s before that by our clock, 5m after "
       "the one before, http://h/v #7",
       "🔵 PROD has new data"},
  });
}

TEST_CASE("data of a clock that is ahead are as fresh as can be, never of a negative age",
          "[notifier]") {
  auto problem = begun(Kind::failing, "http_status", "HTTP 503");
  auto end = ended(Kind::answering_again, "http_status", "HTTP 503");
  problem.age = end.age = -4min - 56s;
  check({
      {problem,
       "FAILING         PROD  HTTP 503, since 09:59:00+01:00 (1m), data at least 0s old, last "
       "computed 09:45:00+01:00, http://h/v #7",
       "🔴 PROD is failing (HTTP 503)"},
      {end,
       "ANSWERING AGAIN PROD  was failing 09:40-10:00 (20m), last failure: HTTP 503, data 0s old, "
       "fresh, http://h/v #9",
       "🟢 PROD is answering again after 20m"},
  });
}

TEST_CASE("what is so of all servers is one sentence", "[notifier]") {
  auto nobody = of_system(Kind::nobody_watches, "all targets",
                          "no prober is connected: 3 targets are not watched", 30s);
  nobody.reason = "prober_lost";
  auto somebody = of_system(Kind::somebody_watches, "all targets", "prober p1 is there", 20min);
  somebody.reason = "prober_lost";
  check({
      {nobody,
       "NOBODY WATCHES  all targets  since 09:59:30+01:00 (30s), no prober is connected: 3 targets "
       "are not watched #7",
       "🔴 all targets are watched by nobody (no prober is connected)"},
      {somebody,
       "WATCHING AGAIN  all targets  nobody watched 09:40-10:00 (20m), prober p1 is there #7",
       "🟢 all targets are watched again after 20m"},
      {of_system(Kind::watching, "12 servers", "10 fresh, 1 stale, 1 failing"),
       "WATCHING        12 servers  10 fresh, 1 stale, 1 failing #7", "🔵 12 servers are watched"},
      {of_system(Kind::prober_left, "p1", "zone eu"), "PROBER LEFT     p1  zone eu #7",
       "🔵 p1 ended as a prober (zone eu)"},
  });
}

}  // namespace
}  // namespace stalewatch::notifier
