// Input: a line that should be a sample or an event.

#include "common/messages/json_lines.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stalewatch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto line = fuzz::text_of(data, size);
  // What was read is written and read again: the second writing has to be the first, since only
  // times beyond the year 9999 may be changed by the first.
  if (const auto sample = sample_from_json(line)) {
    const auto written = to_json_line(*sample);
    const auto again = sample_from_json(written);
    fuzz::require(again && to_json_line(*again) == written, "a sample's line is read back");
  }
  if (const auto event = event_from_json(line)) {
    const auto written = to_json_line(*event);
    const auto again = event_from_json(written);
    fuzz::require(again && to_json_line(*again) == written, "an event's line is read back");
  }
  return 0;
}
