#pragma once

// Times as texts, and what they have to be read as.

#include "common/times/computed_time.hpp"
#include "tests/catch.hpp"

#include <string>

namespace stalewatch {

/// 2026-11-22T10:02:03Z
inline constexpr std::int64_t base = 1'795'341'723'000'000;

struct Known {
  std::string text;
  std::int64_t us;
};

struct Wrong {
  std::string text, problem;
};

inline std::int64_t read_us(const TimeFormat& format, const std::string& text,
                            bool is_number = false) {
  const auto reading = format.read(text, is_number);
  INFO(text << ": " << reading.problem);
  REQUIRE(reading.time);
  return to_us(*reading.time);
}

inline void check_problem(const TimeFormat& format, const Wrong& row, bool is_number = false) {
  const auto reading = format.read(row.text, is_number);
  CAPTURE(row.text);
  CHECK_FALSE(reading.time);
  CHECK(reading.problem == row.problem);
}

}  // namespace stalewatch
