// Formats that the configuration writes down.

#include "tests/common/times/readings.hpp"

using namespace stalewatch;

TEST_CASE("a pattern reads what it describes", "[time_format]") {
  struct Row {
    const char *pattern, *text;
    std::int64_t us;
  };
  const Row rows[] = {
      {"%Y-%m-%d %H:%M:%S", "2026-11-22 10:02:03", base},
      {"%Y-%m-%d %H:%M:%S", "2026-11-22    10:02:03", base},
      {"%d.%m.%Y %H:%M", "22.11.2026 10:02", base - 3'000'000},
      {"%d.%m.%Y", "22.11.2026", 1'795'305'600'000'000},
      {"%m/%d/%Y %I:%M:%S %p", "11/22/2026 10:02:03 AM", base},
      {"%m/%d/%Y %I:%M:%S %p", "11/22/2026 10:02:03 PM", base + 43'200'000'000},
      {"%m/%d/%Y %I:%M:%S %p", "11/22/2026 12:02:03 AM", base - 36'000'000'000},
      {"%m/%d/%y %I %p", "1/2/26 12 pm", 1'767'355'200'000'000},
      // as Canada and others write it; the spaces of ICU 72 (Node 20, Java 20) are no plain ones
      {"%Y-%m-%d, %I:%M:%S %p", "2026-11-22, 10:02:03 a.m.", base},
      {"%d/%m/%Y, %I:%M:%S %p", "22/11/2026, 10:02:03\u00a0p.\u00a0m.", base + 43'200'000'000},
      {"%m/%d/%Y, %I:%M:%S %p", "11/22/2026, 10:02:03\u202fAM", base},
      {"%m/%d/%Y, %I:%M:%S %p", "11/22/2026, 10:02:03\u00a0AM", base},
      {"%m/%d/%Y, %I:%M:%S\u202f%p", "11/22/2026, 10:02:03 Am", base},
      {"%m/%d/%Y, %I:%M:%S\t%p", "11/22/2026,\t10:02:03\u3000\u2009AM", base},
      {"%Y%m%d%H%M%S", "20261122100203", base},
      {"%Y%m%dT%H%M%S%z", "20261122T120203+0200", base},
      {"%FT%T.%f%z", "2026-11-22T10:02:03.678901234Z", base + 678'901},
      {"%F %T,%f", "2026-11-22 10:02:03,6", base + 600'000},
      {"%a %b %e %H:%M:%S %Y", "Sun Nov 22 10:02:03 2026", base},
      {"%a %b %e %H:%M:%S %Y", "Sun Nov  1 00:00:00 2026", 1'793'491'200'000'000},
      {"%A, %d. %B %Y %R %Z", "Sunday, 22. November 2026 10:02 UTC", base - 3'000'000},
      {"%D %R", "11/22/26 10:02", base - 3'000'000},
      {"%y-%m-%d", "70-01-02", 86'400'000'000},
      {"100%% %F %T", "100% 2026-11-22 10:02:03", base},
  };
  for (const auto& row : rows) {
    CAPTURE(row.pattern);
    CHECK(read_us(TimeFormat(row.pattern, "UTC"), row.text) == row.us);
  }
  CHECK(read_us(TimeFormat("%Y%m%d%H%M%S", "UTC"), "20261122100203", true) == base);
  CHECK(read_us(TimeFormat("%F %T", "Europe/Berlin"), "2026-11-22 11:02:03") == base);
}

TEST_CASE("text that a pattern does not describe is refused", "[time_format]") {
  const TimeFormat format("%Y-%m-%d %H:%M:%S", "UTC");
  const Wrong rows[] = {
      {"2026-11-22 10:02:03.5", "unexpected \".5\" at its end"},
      {"2026-11-22 10:02:03Z", "unexpected \"Z\" at its end"},
      {"2026-11-22 10:02", "not as \"%Y-%m-%d %H:%M:%S\" has it"},
      {"2026-02-30 10:02:03", "2026-02 has no day 30"},
      {"2026-11-22 25:02:03", "hour 25"},
      {"22.11.2026", "not as \"%Y-%m-%d %H:%M:%S\" has it"},
      {"0001-01-01 00:00:00", "never computed"},
  };
  for (const auto& row : rows) check_problem(format, row);
  check_problem(TimeFormat("%F %I %p", "UTC"), {"2026-11-22 13 PM", "hour 13"});
  for (const auto* half : {"p.m", "pm.", "p m", "m", "a", "a.m.m", "", "noon"})
    CHECK_FALSE(
        TimeFormat("%F %I %p", "UTC").read("2026-11-22 10 " + std::string(half), false).time);
  check_problem(TimeFormat("%a %F", "UTC"), {"Mon 2026-11-22", "the weekday is not the date's"});
  check_problem(
      TimeFormat("%F %T %Z", "UTC"),
      {"2026-11-22 10:02:03 CET",
       "timezone UTC has no \"CET\" at that time; set timezone to the zone that is meant"});
  check_problem(TimeFormat("%F %T %Z", "Europe/Prague"),
                {"2026-11-22 10:02:03 PM", "not as \"%F %T %Z\" has it"});
}

TEST_CASE("a format or zone that does not exist is refused when it is made", "[time_format]") {
  using Catch::Matchers::ContainsSubstring;
  const auto make = [](const char* format, const char* zone) { return TimeFormat(format, zone); };
  CHECK_THROWS_WITH(make("rfc339", "UTC"),
                    ContainsSubstring("unknown time format \"rfc339\": neither auto"));
  CHECK_THROWS_WITH(make("", "UTC"), ContainsSubstring("unknown time format"));
  CHECK_THROWS_WITH(make("%Y-%m-%d %Q", "UTC"), "time format has an unknown directive %Q");
  CHECK_THROWS_WITH(make("%F %", "UTC"), "time format ends with a lone %");
  CHECK_THROWS_WITH(make("%H:%M:%S", "UTC"),
                    "time format has no complete date (year, month and day)");
  CHECK_THROWS_WITH(make("%F %I", "UTC"), ContainsSubstring("%I without %p"));
  CHECK_THROWS_WITH(make("auto", "Europe/Berlim"),
                    "no time zone \"Europe/Berlim\" on this machine");
  CHECK_THROWS(make("auto", ""));
  CHECK_THROWS(make("auto", "../../etc/passwd"));
}
