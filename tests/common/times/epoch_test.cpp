// Numbers: seconds and smaller units since 1970.

#include "tests/common/times/readings.hpp"

using namespace stalewatch;

TEST_CASE("an epoch is read by its magnitude, exactly", "[time_format]") {
  const Known rows[] = {
      {"1795341723", base},
      {"1795341723.5", base + 500'000},
      {"1795341723.678901", base + 678'901},
      {"1795341723.678901999", base + 678'901},
      {"1795341723000", base},
      {"1795341723678", base + 678'000},
      {"1795341723678.901", base + 678'901},
      {"1795341723678901", base + 678'901},
      {"1795341723678901999", base + 678'901},
      {"1795341723678901.999", base + 678'901},
      {"1.795341723e9", base},
      {"1.795341723678901E+9", base + 678'901},
      {"17953417230e-1", base},
      {"001795341723", base},
      {"99999999999", 99'999'999'999'000'000},  // the last second, in the year 5138
      {"315532800", 315'532'800'000'000},       // 1980
  };
  for (const auto* name : {"auto", "epoch"})
    for (const auto& row : rows)
      for (const bool is_number : {true, false})
        CHECK(read_us(TimeFormat(name, "UTC"), row.text, is_number) == row.us);
  const Wrong wrong[] = {
      {"0", "never computed"},
      {"0.0", "never computed"},
      {"-0", "never computed"},
      {"0e9", "never computed"},
      {"-1", "never computed"},
      {"-1795341723", "never computed"},
      {"-62135596800", "never computed"},  // the year 1
      {"1", "too small for an epoch"},
      {"2026", "too small for an epoch"},
      {"20261122", "too small for an epoch"},  // a date without dashes is no epoch
      {"202611221002", "too small for an epoch"},
      {"20261122100203", R"(rather a date without dashes; write time_format: "%Y%m%d%H%M%S")"},
      {"315532799.999999", "too small for an epoch"},
      {"100000000000000", "too small for an epoch"},
      {"100000000000000000000000", "too large for a time"},
      {"1e400", "too large for a time"},
      {"1e99999", "not a time"},
      {"1e-400", "never computed"},
      {"1795341723.", "not a time"},
      {".5", "not a time"},
      {"1.2.3", "not a time"},
      {"1e", "not a time"},
      {"+1795341723", "not a time"},
      {"--1", "not a time"},
      {"1 795 341 723", "not a time"},
      {"0x6b02a71b", "not a time"},
  };
  for (const auto& row : wrong) check_problem(TimeFormat("epoch", "UTC"), row);
}

TEST_CASE("an epoch of a named unit is read in that unit", "[time_format]") {
  CHECK(read_us(TimeFormat("epoch_s", "UTC"), "1") == 1'000'000);
  CHECK(read_us(TimeFormat("epoch_s", "UTC"), "1795341723", true) == base);
  CHECK(read_us(TimeFormat("epoch_ms", "UTC"), "1", true) == 1'000);
  CHECK(read_us(TimeFormat("epoch_ms", "UTC"), "1795341723000", true) == base);
  CHECK(read_us(TimeFormat("epoch_us", "UTC"), "1", true) == 1);
  CHECK(read_us(TimeFormat("epoch_us", "UTC"), "1795341723000000") == base);
  CHECK(read_us(TimeFormat("epoch_ns", "UTC"), "1000", true) == 1);
  CHECK(read_us(TimeFormat("epoch_ns", "UTC"), "1795341723000000999") == base);
  check_problem(TimeFormat("epoch_ns", "UTC"), {"999", "never computed"}, true);
  check_problem(TimeFormat("epoch_s", "UTC"), {"9999999999999", "too large for a time"}, true);
  check_problem(TimeFormat("epoch_s", "UTC"), {"2026-11-22T10:02:03Z", "not a time"});
}

TEST_CASE("a number is no text, and the other way round", "[time_format]") {
  check_problem(TimeFormat("rfc3339", "UTC"), {"1795341723", "a number, not a text"}, true);
  check_problem(TimeFormat("rfc1123", "UTC"), {"1795341723", "a number, not a text"}, true);
  check_problem(TimeFormat("rfc3339", "UTC"), {"1795341723", "not a time"});
}
