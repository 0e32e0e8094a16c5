#include "common/base/time.hpp"

#include "tests/catch.hpp"

#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>

using namespace stalewatch;
using namespace std::chrono_literals;

namespace {

constexpr auto smallest = std::numeric_limits<std::int64_t>::min();
constexpr auto largest = std::numeric_limits<std::int64_t>::max();

/// Sets TZ while it lives.
class InZone {
 public:
  explicit InZone(const char* zone) {
    if (const char* old = std::getenv("TZ")) old_ = old;
    setenv("TZ", zone, 1);
    tzset();
  }
  ~InZone() {
    old_.empty() ? unsetenv("TZ") : setenv("TZ", old_.c_str(), 1);
    tzset();
  }
  InZone(const InZone&) = delete;

 private:
  std::string old_;
};

}  // namespace

TEST_CASE("instants are written as RFC 3339 with as many digits as needed", "[common][time]") {
  struct Row {
    std::int64_t us;
    const char* text;
  };
  const Row rows[] = {
      {0, "1970-01-01T00:00:00Z"},
      {1, "1970-01-01T00:00:00.000001Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {500'000, "1970-01-01T00:00:00.5Z"},
      {1'795'341'723'500'000, "2026-11-22T10:02:03.5Z"},
      {1'709'164'800'000'000, "2024-02-29T00:00:00Z"},
      {253'402'300'799'999'999, "9999-12-31T23:59:59.999999Z"},
      // beyond what four digits can say, the last instant they can
      {253'402'300'800'000'000, "9999-12-31T23:59:59.999999Z"},
      {largest, "9999-12-31T23:59:59.999999Z"},
      {smallest, "0000-01-01T00:00:00Z"},
  };
  for (const auto& row : rows) CHECK(format_utc(timestamp_from_us(row.us)) == row.text);
}

TEST_CASE("local time is written with its offset", "[common][time]") {
  const auto winter = timestamp_from_us(1'795'341'723'999'999);  // 2026-11-22T10:02:03.999999Z
  SECTION("east") {
    const InZone zone("Europe/Berlin");
    CHECK(format_local(winter) == "2026-11-22 11:02:03+01:00");
    CHECK(format_local_clock(winter) == "11:02:03+01:00");
    CHECK(format_local(winter - 24h * 120) == "2026-07-25 12:02:03+02:00");
  }
  SECTION("west, over midnight") {
    const InZone zone("America/New_York");
    CHECK(format_local(winter - 6h) == "2026-11-21 23:02:03-05:00");
  }
  SECTION("half hours") {
    const InZone zone("Asia/Kolkata");
    CHECK(format_local(winter) == "2026-11-22 15:32:03+05:30");
  }
  SECTION("the ends of time overflow nothing") {
    const InZone zone("Asia/Kolkata");
    CHECK(format_local(timestamp_from_us(largest)) == "9999-12-31 05:29:59+05:30");
    CHECK(format_local(timestamp_from_us(smallest)).starts_with("0000-01-02 "));
  }
}

TEST_CASE("durations are shown to people in their two largest units", "[common][time]") {
  struct Row {
    Duration d;
    const char* text;
  };
  const Row rows[] = {
      {0s, "0s"},
      {7us, "7us"},
      {999us, "999us"},
      {850ms, "850ms"},
      {999999us, "999ms"},
      {1s, "1s"},
      {1500ms, "1.5s"},
      {9999ms, "9.9s"},
      {12s, "12s"},
      {59999ms, "59s"},
      {31min, "31m"},
      {31min + 12s, "31m12s"},
      {61s, "1m01s"},
      {2h + 5min + 59s, "2h05m"},
      {24h - 1us, "23h59m"},
      {76h, "3d4h"},
      {72h + 59min, "3d"},
      {-90s, "-1m30s"},
      {Duration{largest}, "106751991d4h"},
      {Duration{smallest}, "-106751991d4h"},
  };
  for (const auto& row : rows) CHECK(format_duration(row.d) == row.text);
}

TEST_CASE("durations are read in every unit", "[common][time]") {
  struct Row {
    const char* text;
    Duration d;
  };
  const Row rows[] = {
      {"7us", 7us},
      {"200ms", 200ms},
      {"90s", 90s},
      {"15m", 15min},
      {"2h", 2h},
      {"1d", 24h},
      {"1w", 168h},
      {"1h30m", 90min},
      {"1.5s", 1500ms},
      {"0.000001s", 1us},
      {"1.50000000000s", 1500ms},
      {"0s", 0s},
      {"1w2d3h4m5s6ms7us", 219h + 4min + 5s + 6ms + 7us},
      {"36525d", 24h * 36525},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_duration(row.text) == row.d);
  }
}

TEST_CASE("what is not a duration is not read", "[common][time]") {
  for (const char* text : {"",           "15",
                           "0",          "m",
                           "-5m",        "+5m",
                           "5 m",        " 5m",
                           "5m ",        "5min",
                           "1m1h",       "1m1m",
                           "1.m",        ".5s",
                           "1.5.5s",     "1e3s",
                           "5M",         "1.5us",
                           "0.0000001s", "36526d",
                           "36525d1us",  "99999999999999999999999999s",
                           "1,5s",       "1h30",
                           "5m\n",       "\xd9\xa3s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
  CHECK_FALSE(parse_duration(std::string_view("5m\0", 3)));
}

TEST_CASE("an exact duration is read back as it was", "[common][time]") {
  CHECK(format_duration_exact(15min) == "15m");
  CHECK(format_duration_exact(90s) == "90s");
  CHECK(format_duration_exact(1500ms) == "1500ms");
  CHECK(format_duration_exact(7us) == "7us");
  CHECK(format_duration_exact(0s) == "0s");
  CHECK(format_duration_exact(48h) == "2d");
  CHECK(format_duration_exact(-90s) == "-90s");
  CHECK_FALSE(format_duration_exact(Duration{smallest}).empty());
  for (std::int64_t us = 1; us < 3'000'000'000'000'000; us = us * 3 + us / 7 + 1)
    CHECK(parse_duration(format_duration_exact(Duration{us})) == Duration{us});
}
