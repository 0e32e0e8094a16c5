// Texts of the standards, and those with a month in words.

#include "tests/common/times/readings.hpp"

using namespace stalewatch;

TEST_CASE("RFC 3339 is read in all its spellings", "[time_format]") {
  const Known rows[] = {
      {"2026-11-22T10:02:03Z", base},
      {"2026-11-22t10:02:03z", base},
      {"2026-11-22 10:02:03Z", base},
      {"2026-11-22T10:02:03", base},
      {"2026-11-22T10:02:03+00:00", base},
      {"2026-11-22T10:02:03-00:00", base},
      {"2026-11-22T12:02:03+02:00", base},
      {"2026-11-22T12:02:03+0200", base},
      {"2026-11-22T12:02:03+02", base},
      {"2026-11-22T05:02:03-05:00", base},
      {"2026-11-22T15:32:03+05:30", base},
      {"2026-11-22 15:55:31+05:53:28", base},  // Python, before standard time
      {"2026-11-23T00:02:03+14:00", base},
      {"2026-11-22 10:02:03 UTC", base},
      {"2026-11-22 12:02:03 +0200", base},
      {"2026-11-22T10:02:03.5Z", base + 500'000},
      {"2026-11-22T10:02:03,5Z", base + 500'000},
      {"2026-11-22T10:02:03.678Z", base + 678'000},        // JavaScript
      {"2026-11-22 10:02:03.678901", base + 678'901},      // Python
      {"2026-11-22T10:02:03.6789012Z", base + 678'901},    // .NET
      {"2026-11-22T10:02:03.678901999Z", base + 678'901},  // Go, Rust: cut, not rounded
      {"2026-11-22T10:02:03.678901234+02:00", base + 678'901 - 7'200'000'000},
      {"2026-11-22T10:02:03.99999999999999999999999Z", base + 999'999},
      // with the zones and suffixes that programs write
      {"2026-11-22T10:02:03 Z", base},
      {"2026-11-22T10:02:03 +00:00", base},
      {"2026-11-22T12:02:03  +0200", base},
      {"2026-11-22 10:02:03 GMT", base},
      {"2026-11-22T10:02:03GMT", base},
      {"2026-11-22 10:02:03.5 UTC", base + 500'000},
      {"2026-11-22 11:02:03 GMT+0100", base},
      {"2026-11-22 05:02:03 UTC-05:00", base},
      {"2026-11-22T11:02:03+01:00[Europe/Prague]", base},  // RFC 9557, Java, Temporal
      {"2026-11-22T10:02:03.5Z[UTC]", base + 500'000},
      {"2026-11-22T10:02:03Z[!Europe/Prague][u-ca=japanese]", base},
      {"2026-11-22T10:02:03[UTC]", base},
      {"2026-11-22T10:02:03[Etc/UTC]", base},
      {"2026-11-22 10:02:03.5 +0000 UTC", base + 500'000},  // Go
      {"2026-11-22 11:02:03.5 +0100 CET", base + 500'000},
      {"2026-11-22 13:02:03 +0300 +03", base},
      {"2026-11-22 11:02:03.5 +0100 CET m=+0.004", base + 500'000},
      {"2026-11-22 10:02:03 +0000 UTC m=-1234.000000001", base},
      {"2026-11-22T10:02Z", base - 3'000'000},
      {"2026-11-22T10:02+00:00", base - 3'000'000},
      {"  2026-11-22T10:02:03Z\n", base},
      {"\u00a02026-11-22\u202f10:02:03\u2009+00:00\u3000", base},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000},
      {"2000-02-29T00:00:00Z", 951'782'400'000'000},
      {"2026-11-21T24:00:00Z", 1'795'305'600'000'000},  // = 2026-11-22T00:00:00Z
      {"2016-12-31T23:59:60Z", 1'483'228'799'999'999},
      {"2016-12-31T23:59:60.7Z", 1'483'228'799'999'999},
      {"2017-01-01T05:29:60+05:30", 1'483'228'799'999'999},
      {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999},
      {"9999-12-31T23:59:59-23:59", 253'402'387'139'000'000},
      {"1970-01-01T00:00:00.000001Z", 1},
  };
  for (const auto* name : {"auto", "rfc3339", "python"})
    for (const auto& row : rows) CHECK(read_us(TimeFormat(name, "UTC"), row.text) == row.us);
}

TEST_CASE("wrong dates and times are refused, each with its problem", "[time_format]") {
  const Wrong rows[] = {
      {"", "empty"},
      {" \n", "empty"},
      {"2026-02-30T10:00:00Z", "2026-02 has no day 30"},
      {"2026-02-29T10:00:00Z", "2026-02 has no day 29"},
      {"1900-02-29T10:00:00Z", "1900-02 has no day 29"},
      {"2026-04-31 10:00:00", "2026-04 has no day 31"},
      {"2026-11-00T10:00:00Z", "2026-11 has no day 0"},
      {"2026-00-01T10:00:00Z", "month 0"},
      {"2026-13-01T10:00:00Z", "month 13"},
      {"2026-11-22T25:00:00Z", "hour 25"},
      {"2026-11-22T24:00:01Z", "hour 24"},
      {"2026-11-22T24:00:00.1Z", "hour 24"},
      {"2026-11-22T10:60:00Z", "minute 60"},
      {"2026-11-22T10:00:61Z", "second 61"},
      {"2026-11-22T10:02:60Z", "second 60"},
      {"2026-11-22",
       "a date without a clock; as time_format: \"%Y-%m-%d\" it is the start of that day"},
      {"2026-11-22T", "not a time"},
      {"2026-11-22T10", "not a time"},
      {"2026-11-22T10:0", "not a time"},
      {"2026-11-22T10:02:", "not a time"},
      {"2026-11-22T10:02:3Z", "not a time"},
      {"2026-11-22T1:02:03Z", "not a time"},
      {"2026-1-22T10:02:03Z", "not a time"},
      {"2026-11-2T10:02:03Z", "not a time"},
      {"2026/11-22 10:02:03", "not a time"},
      {"20261122", "too small for an epoch"},
      {"20261122T", "not a time"},
      {"20261122T10", "not a time"},
      {"20261122T1002030Z", "unexpected \"0Z\" at its end"},
      {"20261322T100203Z", "month 13"},
      {"2026112T100203Z", "not a time"},
      {"26-11-22T10:02:03Z", "not a time"},
      {"12026-11-22T10:02:03Z", "not a time"},
      {"+2026-11-22T10:02:03Z", "not a time"},
      {"2026-11-22T10:02:03.Z", "a decimal sign without digits"},
      {"2026-11-22T10:02:03.", "a decimal sign without digits"},
      {"2026-11-22  10:02:03Z", "not a time"},
      {"2026-11-22_10:02:03Z", "unexpected \"_10:02:03Z\" at its end"},
      {"2026-11-22T10:02:03ZZ", "unexpected \"ZZ\" at its end"},
      {"2026-11-22T10:02:03Z trailing", "unexpected \"trailing\" at its end"},
      {"2026-11-22 10:02:03 EST",
       "timezone UTC has no \"EST\" at that time; set timezone to the zone that is meant"},
      {"2026-11-22T10:02:03[Europe/Prague]",
       "timezone UTC has no \"Europe/Prague\" at that time; set timezone to the zone that is "
       "meant"},
      {"2026-11-22 10:02:03 +0100 UTC", "an offset and a zone that contradict each other"},
      {"2026-11-22 10:02:03 +0300 +04", "an offset and a zone that contradict each other"},
      {"2026-11-22 10:02:03 GMT+1", "unexpected \"+1\" at its end"},
      {"2026-11-22 10:02:03 GMT-05", "unexpected \"-05\" at its end"},
      {"2026-11-22T10:02:03Z[", "a suffix in brackets that is empty or not closed"},
      {"2026-11-22T10:02:03Z[]", "a suffix in brackets that is empty or not closed"},
      {"2026-11-22T10:02:03Z[UTC", "a suffix in brackets that is empty or not closed"},
      {"2026-11-22T10:02:03Z[UTC]x", "unexpected \"x\" at its end"},
      {"2026-11-22T10:02:03Z[!u-ca=japanese]",
       "a suffix in brackets that is not known and marked as critical"},
      {"2026-11-22 10:02:03 +0000 UTC m=0.004", "unexpected \"m=0.004\" at its end"},
      {"2026-11-22 10:02:03 +0000 UTC m=+1.", "unexpected \"m=+1.\" at its end"},
      {"2026-11-22T10:02:03 PM", "unexpected \"PM\" at its end"},
      {"2026-11-22 10:02:03 AM", "unexpected \"AM\" at its end"},
      {"2026-11-22T10:02:03\x1b[31m", "unexpected \"\\x1b[31m\" at its end"},
      {"2026-11-22T10:02:03+", "an offset without hours"},
      {"2026-11-22T10:02:03+2", "an offset without hours"},
      {"2026-11-22T10:02:03+02:", "an offset without minutes"},
      {"2026-11-22T10:02:03+02:0", "an offset without minutes"},
      {"2026-11-22T10:02:03+020", "unexpected \"0\" at its end"},
      {"2026-11-22T10:02:03+24:00", "an offset that does not exist"},
      {"2026-11-22T10:02:03+02:60", "an offset that does not exist"},
      {"2026-11-22T10:02:03+02:00Z", "unexpected \"Z\" at its end"},
      {"2026-11-22T10:02:03Z+02:00", "unexpected \"+02:00\" at its end"},
      {"0000-01-01T00:00:00Z", "never computed"},
      {"0001-01-01T00:00:00Z", "never computed"},
      {"0001-01-01 00:00:00", "never computed"},
      {"1899-12-30T00:00:00Z", "never computed"},
      {"1970-01-01T00:00:00Z", "never computed"},
      {"1970-01-01T00:00:00-05:00", "never computed"},
      {"1970-01-01T01:00:00+02:00", "never computed"},
      {"soon", "not a time"},
      {"never", "not a time"},
      {"null", "not a time"},
      {"NaN", "not a time"},
      {"10:02:03", "not a time"},
      {"22.11.2026 10:02:03", R"(in no usual order; write time_format: "%d.%m.%Y %H:%M:%S")"},
      {"04.02.2026", R"(in no usual order; write time_format: "%d.%m.%Y")"},
      {"22/11/2026, 10:02", R"(in no usual order; write time_format: "%d/%m/%Y, %H:%M")"},
      {"11/22/2026 10:02:03 AM", R"(in no usual order; write time_format: "%m/%d/%Y %I:%M:%S %p")"},
      {"04/02/2026", R"(day or month first? write time_format: "%d/%m/%Y" or "%m/%d/%Y")"},
      {"4/02/2026 1:02:03.5\u202fpm",
       R"(day or month first? write time_format: "%d/%m/%Y %I:%M:%S.%f %p" or "%m/%d/%Y %I:%M:%S.%f %p")"},
      {"04-02-2026 10:02:03,164",
       R"(day or month first? write time_format: "%d-%m-%Y %H:%M:%S,%f" or "%m-%d-%Y %H:%M:%S,%f")"},
      {"04/02/26", "not a time"},
      {"04/02-2026", "not a time"},
      {"04/02/2026 soon", "not a time"},
      {"04/02/2026 10", "not a time"},
      {"/Date(soon)/", "not a time"},
      {"/Date(1795341723000)", "not a time"},
      {"/Date()/", "not a time"},
      {"/Date(0)/", "never computed"},
      {"/Date(-62135596800000)/", "never computed"},  // .NET's DateTime.MinValue
      {"2026-W47-7T10:02:03Z", "not a time"},
      {"2026-326T10:02:03Z", "not a time"},
      {"-", "not a time"},
      {"Z", "not a time"},
      {"\xff\xfe", "not a time"},
      {std::string("2026-11-22T10:02:03Z\0", 21), "unexpected \"\\x00\" at its end"},
      {std::string(100'000, '1'), "too long for a number of seconds"},
      {std::string(100'000, 'x'), "not a time"},
      {"2026-11-22T10:02:03" + std::string(100'000, '+'), "an offset without hours"},
  };
  for (const auto& row : rows) check_problem(TimeFormat("auto", "UTC"), row);
}

TEST_CASE("RFC 1123 is read with every zone it knows", "[time_format]") {
  const Known rows[] = {
      {"Sun, 22 Nov 2026 10:02:03 GMT", base},
      {"Sun, 22 Nov 2026 10:02:03 UTC", base},
      {"Sun, 22 Nov 2026 10:02:03 UT", base},
      {"Sun, 22 Nov 2026 12:02:03 +0200", base},
      {"Sun, 22 Nov 2026 12:02:03 +02:00", base},
      {"Sun, 22 Nov 2026 05:02:03 EST", base},
      {"Sun, 22 Nov 2026 03:02:03 PDT", base},
      {"22 Nov 2026 10:02:03 GMT", base},
      {"Sunday, 22 November 2026 10:02:03 GMT", base},
      {"sun, 22 NOV 2026 10:02:03 GMT", base},
      {"Sun, 22 Nov 2026 10:02 GMT", base - 3'000'000},
      {"Sun, 22 Nov 2026 10:02:03", base},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784'111'777'000'000},
      {"Sun, 6 Nov 1994 08:49:37 GMT", 784'111'777'000'000},
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1'483'228'799'999'999},
  };
  for (const auto* name : {"auto", "rfc1123"})
    for (const auto& row : rows) CHECK(read_us(TimeFormat(name, "UTC"), row.text) == row.us);
  CHECK_FALSE(TimeFormat("auto", "UTC").read("Sun, 22 Nov 2026 10:02:03", false).had_offset);

  const Wrong wrong[] = {
      {"Mon, 22 Nov 2026 10:02:03 GMT", "the weekday is not the date's"},
      {"Sun, 31 Nov 2026 10:02:03 GMT", "2026-11 has no day 31"},
      {"Sun, 22 Nov 2026 25:02:03 GMT", "hour 25"},
      {"Sun, 22 Nov 26 10:02:03 GMT", "not a time"},
      {"Sun, 22 Nov 2026 10:02:03 CET", "a zone that RFC 1123 does not know"},
      {"Sun, 22 Nov 2026 10:02:03 A", "a zone that RFC 1123 does not know"},
      {"Sun, 22 Nov 2026 10:02:03 GMT+1", "unexpected \"+1\" at its end"},
      {"Sun, 22 Nov 2026 10:02:03.5 GMT", "unexpected \".5 GMT\" at its end"},
      {"Sun Nov 22 10:02:03 2026", "not a time"},
      {"Sunday, 22-Nov-26 10:02:03 GMT", "not a time"},
      {"Sun, 22 Foo 2026 10:02:03 GMT", "not a time"},
      {"Son, 22 Nov 2026 10:02:03 GMT", "not a time"},
  };
  for (const auto& row : wrong) check_problem(TimeFormat("rfc1123", "UTC"), row);
}

TEST_CASE("a time with its month in words is read in any order", "[time_format]") {
  const Known rows[] = {
      {"Sun Nov 22 10:02:03 2026", base},         // ctime()
      {"Sun Nov 22 10:02:03 UTC 2026", base},     // date
      {"Sun Nov 22 10:02:03 AM UTC 2026", base},  // date, en_US
      {"Sun 22 Nov 2026 10:02:03 AM UTC", base},  // date, en_US, glibc 2.31
      {"Sun 22 Nov 10:02:03 UTC 2026", base},     // date, en_GB
      {"Sun Nov  1 00:00:00 2026", 1'793'491'200'000'000},
      {"Sun Nov 22 10:02:03 +0000 2026", base},
      {"Sun Nov 22 11:02:03.5 +0100 2026", base + 500'000},
      {"Sun Nov 22 2026 11:02:03 GMT+0100 (Central European Standard Time)", base},  // JavaScript
      {"22 Nov 2026 10:02:03.164", base + 164'000},
      {"22 Nov 2026 10:02:03,164", base + 164'000},
      {"22 Nov 2026 10:02", base - 3'000'000},
      {"Nov 22, 2026 10:02:03 AM", base},
      {"Nov 22, 2026, 10:02:03\u202fPM", base + 43'200'000'000},
      {"November 22, 2026 12:02:03 a.m.", base - 36'000'000'000},
      {"Sunday, November 22, 2026, 10:02:03", base},
      {"Sun, 22 Nov 2026 10:02:03.5 GMT", base + 500'000},
      {"10:02:03 22 Nov 2026", base},
      {"2026 Nov 22 10:02:03", base},
      {"2026/11/22 10:02:03", base},
      {"2026/11/22 10:02:03.5Z", base + 500'000},
      {"20261122T100203Z", base},  // ISO 8601, basic
      {"20261122t100203.5+0000", base + 500'000},
      {"20261122T1002Z", base - 3'000'000},
      {"20261122T100203", base},
      {"20261122T10:02:03 UTC", base},
      {"/Date(1795341723000)/", base},  // .NET
      {"/Date(1795341723678+0100)/", base + 678'000},
      {"/Date(1795341723678-0500)/", base + 678'000},
  };
  for (const auto& row : rows) CHECK(read_us(TimeFormat("auto", "UTC"), row.text) == row.us);
  const TimeFormat shanghai("auto", "Asia/Shanghai");
  CHECK(read_us(shanghai, "Sun Nov 22 18:02:03 CST 2026") == base);
  CHECK(read_us(shanghai, "Sun, 22 Nov 2026 18:02:03 CST") == base);  // not RFC 822's
  CHECK(read_us(TimeFormat("auto", "UTC"), "Sun, 22 Nov 2026 04:02:03 CST") == base);
  const auto prague =
      TimeFormat("auto", "Europe/Prague").read("Sun Oct 25 02:30:00 CET 2026", false);
  CHECK(format_utc(prague.time.value()) == "2026-10-25T01:30:00Z");
  CHECK(prague.had_offset);

  const Wrong wrong[] = {
      {"Mon Nov 22 10:02:03 2026", "the weekday is not the date's"},
      {"Sun Nov 31 10:02:03 2026", "2026-11 has no day 31"},
      {"Sun Nov 22 25:02:03 2026", "hour 25"},
      {"Nov 22 2026 13:02:03 PM", "hour 13"},
      {"Nov 22 2026 0:02:03 AM", "hour 0"},
      {"Nov 22 2026", "a date without a clock"},
      {"Sun Nov 22 10:02:03", "not a time"},
      {"Nov 10:02:03 2026", "not a time"},
      {"22 2026 10:02:03", "not a time"},
      {"22 23 Nov 2026 10:02:03", "not a time"},
      {"22 Nov Dec 2026 10:02:03", "not a time"},
      {"22 Nov 2026 2027 10:02:03", "not a time"},
      {"22 Nov 026 10:02:03", "not a time"},
      {"22 Nov 2026 10:02:03 11:02:03", "unexpected \"11:02:03\" at its end"},
      {"22 Nov 2026 10:02:03 Sun Sun", "unexpected \"Sun\" at its end"},
      {"22 Nov 2026 10:02:03 UTC UTC", "unexpected \"UTC\" at its end"},
      {"22 Nov 2026 10:02:03 AM PM", "unexpected \"PM\" at its end"},
      {"22 Nov 2026 10:02:03 (noon)", "unexpected \"(noon)\" at its end"},
      {"22 Nov 2026 10:02:03 UTC (noon) x", "unexpected \"(noon) x\" at its end"},
      {"22 Nov 2026 10:02:03 soon", "unexpected \"soon\" at its end"},
      {"22 Nov 2026 10:02:", "not a time"},
      {"Sun Nov 22 18:02:03 CST 2026",
       "timezone UTC has no \"CST\" at that time; set timezone to the zone that is meant"},
      {"22 Nov 2026 ,, 10:02:03", "not a time"},
  };
  for (const auto& row : wrong) check_problem(TimeFormat("auto", "UTC"), row);
}
