// What a text without an offset means in a zone.

#include "tests/common/times/readings.hpp"

using namespace stalewatch;

namespace {

/// Reads a local time of a zone: "" when it is unreadable, "A or B" where clocks went back.
std::string in_zone(const char* zone, const char* local) {
  const auto reading = TimeFormat("auto", zone).read(local, false);
  CHECK((!reading.time || !reading.had_offset));
  if (!reading.time) return "";
  return format_utc(*reading.time) + (reading.alt ? " or " + format_utc(*reading.alt) : "");
}

}  // namespace

TEST_CASE("times without an offset are those of the zone", "[time_format]") {
  struct Row {
    const char *zone, *local, *utc;
  };
  const Row rows[] = {
      {"Europe/Berlin", "2026-11-22 11:02:03", "2026-11-22T10:02:03Z"},
      {"Europe/Berlin", "2026-07-22 12:02:03", "2026-07-22T10:02:03Z"},
      {"Asia/Kolkata", "2026-11-22 15:32:03", "2026-11-22T10:02:03Z"},
      {"Etc/UTC", "2026-11-22 10:02:03", "2026-11-22T10:02:03Z"},
      // Berlin, 2026-03-29: 02:00 becomes 03:00
      {"Europe/Berlin", "2026-03-29 01:59:59.999999", "2026-03-29T00:59:59.999999Z"},
      {"Europe/Berlin", "2026-03-29 02:00:00", ""},
      {"Europe/Berlin", "2026-03-29 02:59:59.999999", ""},
      {"Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29T01:00:00Z"},
      // Berlin, 2026-10-25: 03:00 becomes 02:00; 02:30 comes at 00:30Z and at 01:30Z
      {"Europe/Berlin", "2026-10-25 01:59:59", "2026-10-24T23:59:59Z"},
      {"Europe/Berlin", "2026-10-25 02:00:00", "2026-10-25T00:00:00Z or 2026-10-25T01:00:00Z"},
      {"Europe/Berlin", "2026-10-25 02:59:59", "2026-10-25T00:59:59Z or 2026-10-25T01:59:59Z"},
      {"Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25T02:00:00Z"},
      // New York, 2026-03-08 and 2026-11-01
      {"America/New_York", "2026-03-08 01:59:59", "2026-03-08T06:59:59Z"},
      {"America/New_York", "2026-03-08 02:30:00", ""},
      {"America/New_York", "2026-03-08 03:00:00", "2026-03-08T07:00:00Z"},
      {"America/New_York", "2026-11-01 01:30:00", "2026-11-01T05:30:00Z or 2026-11-01T06:30:00Z"},
      // Lord Howe moves by half an hour: 2026-04-05 02:00 becomes 01:30, 2026-10-04 02:00 becomes
      // 02:30
      {"Australia/Lord_Howe", "2026-04-05 01:45:00",
       "2026-04-04T14:45:00Z or 2026-04-04T15:15:00Z"},
      {"Australia/Lord_Howe", "2026-04-05 01:29:59", "2026-04-04T14:29:59Z"},
      {"Australia/Lord_Howe", "2026-10-04 02:15:00", ""},
      {"Australia/Lord_Howe", "2026-10-04 02:30:00", "2026-10-03T15:30:00Z"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.zone, row.local);
    CHECK(in_zone(row.zone, row.local) == row.utc);
  }
}

TEST_CASE("a zone's own abbreviations are read, and settle an hour that comes twice",
          "[time_format]") {
  struct Row {
    const char *zone, *local, *utc;
  };
  const Row rows[] = {
      {"Europe/Prague", "2026-11-22 11:02:03 CET", "2026-11-22T10:02:03Z"},
      {"Europe/Prague", "2026-07-22 12:02:03 CEST", "2026-07-22T10:02:03Z"},
      {"Europe/Prague", "2026-07-22 12:02:03 CET", ""},  // meant is one or the other
      {"Europe/Prague", "2026-10-25 02:30:00 CEST", "2026-10-25T00:30:00Z"},
      {"Europe/Prague", "2026-10-25 02:30:00 CET", "2026-10-25T01:30:00Z"},
      {"Europe/Prague", "2026-03-29 02:30:00 CET", ""},
      {"Europe/Prague", "2026-11-22 11:02:03 EST", ""},
      {"Europe/Prague", "2026-11-22T11:02:03[Europe/Prague]", "2026-11-22T10:02:03Z"},
      {"Europe/Prague", "2026-11-22T11:02:03[Europe/Paris]", ""},
      {"Europe/Prague", "2026-11-22T10:02:03[UTC]", "2026-11-22T10:02:03Z"},
      {"Europe/London", "2026-07-22 11:02:03 BST", "2026-07-22T10:02:03Z"},
      {"America/New_York", "2026-11-22 05:02:03 EST", "2026-11-22T10:02:03Z"},
      {"America/Chicago", "2026-11-22 04:02:03 CST", "2026-11-22T10:02:03Z"},
      {"Asia/Shanghai", "2026-11-22 18:02:03 CST", "2026-11-22T10:02:03Z"},
      {"Pacific/Guam", "2026-11-22 20:02:03 ChST", "2026-11-22T10:02:03Z"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.zone, row.local);
    const auto reading = TimeFormat("auto", row.zone).read(row.local, false);
    CHECK((reading.time ? format_utc(*reading.time) : "") == row.utc);
    CHECK((!reading.time || reading.had_offset));
  }
}

TEST_CASE("a bare date is the start of that day in the zone", "[time_format]") {
  struct Row {
    const char *zone, *text, *utc;
  };
  const Row rows[] = {
      {"UTC", "22.11.2026", "2026-11-22T00:00:00Z"},
      {"Europe/Prague", "22.11.2026", "2026-11-21T23:00:00Z"},
      {"Europe/Prague", "22.07.2026", "2026-07-21T22:00:00Z"},
      {"America/New_York", "22.11.2026", "2026-11-22T05:00:00Z"},
      {"Asia/Beirut", "29.03.2026", "2026-03-28T22:00:00Z"},     // begins at 01:00
      {"America/Havana", "01.11.2026", "2026-11-01T04:00:00Z"},  // 00:00 comes twice
  };
  for (const auto& row : rows) {
    CAPTURE(row.zone, row.text);
    const auto reading = TimeFormat("%d.%m.%Y", row.zone).read(row.text, false);
    CHECK(format_utc(reading.time.value()) == row.utc);
    CHECK_FALSE(reading.had_offset);
  }
  CHECK_FALSE(TimeFormat("%d.%m.%Y %H", "Asia/Beirut").read("29.03.2026 00", false).time);
  const TimeFormat called("%d.%m.%Y %H:%M %Z", "Europe/Prague");
  CHECK(format_utc(called.read("25.10.2026 02:30 CET", false).time.value()) ==
        "2026-10-25T01:30:00Z");
  CHECK(format_utc(called.read("25.10.2026 02:30 CEST", false).time.value()) ==
        "2026-10-25T00:30:00Z");
}

TEST_CASE("a written offset outranks the zone", "[time_format]") {
  const TimeFormat berlin("auto", "Europe/Berlin");
  CHECK(read_us(berlin, "2026-11-22T10:02:03Z") == base);
  CHECK(berlin.read("2026-11-22T10:02:03Z", false).had_offset);
  CHECK(read_us(berlin, "1795341723", true) == base);
  CHECK(berlin.read("2026-03-29 02:30:00", false).problem ==
        "in Europe/Berlin the clocks skipped this hour");
  CHECK(TimeFormat("auto", "America/New_York").read("1970-01-01 00:00:00", false).problem ==
        "never computed");
}
