// Input: one character for the format, one for the zone, then the value of a time field.

#include "common/times/computed_time.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>

using namespace stalewatch;

namespace {

const std::array<TimeFormat, 10>& formats() {
  static const std::array<TimeFormat, 10> all = {
      TimeFormat("auto", "UTC"),
      TimeFormat("auto", "Europe/Berlin"),
      TimeFormat("rfc3339", "UTC"),
      TimeFormat("python", "Australia/Lord_Howe"),
      TimeFormat("rfc1123", "UTC"),
      TimeFormat("epoch", "UTC"),
      TimeFormat("epoch_ns", "UTC"),
      TimeFormat("%a %b %e %I:%M:%S %p %Y", "America/New_York"),
      TimeFormat("%Y%m%d%H%M%S.%f%z", "UTC"),
      TimeFormat("%A, %d. %B %y %T,%f %Z", "UTC")};
  return all;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = fuzz::text_of(data, size);
  const auto& format = formats()[fuzz::choice(text) % formats().size()];
  const bool is_number = fuzz::choice(text) % 2 == 1;
  const auto reading = format.read(text, is_number);
  fuzz::require(reading.time.has_value() == reading.problem.empty(), "a time or a problem");
  if (!reading.time) return 0;
  fuzz::require(!reading.alt || *reading.alt > *reading.time, "the second time after the first");
  fuzz::require(*reading.time > Timestamp{}, "a time after 1970");
  fuzz::require(to_us(*reading.time) < 1'000'000'000'000'000'000,
                "a time that can be reckoned with");
  if (to_us(*reading.time) >= 253'402'300'800'000'000) return 0;  // beyond the year 9999
  const auto again = formats()[2].read(format_utc(*reading.time), false);
  fuzz::require(again.time == reading.time, "a time is read back from its own text");
  return 0;
}
