// Input: one character for the size, then a string from outside.

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/base/web_address.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

using namespace stalewatch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = fuzz::text_of(data, size);
  const std::size_t max = fuzz::choice(text);
  const auto shown = escape_untrusted(text, max);
  fuzz::require(shown.size() <= max, "no longer than asked for");
  fuzz::require(to_valid_utf8(shown) == shown, "valid UTF-8");
  for (const char c : shown)
    fuzz::require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "no control characters");
  fuzz::require(escape_untrusted(shown, max) == shown, "escaping twice changes nothing");
  const auto valid = to_valid_utf8(text);
  fuzz::require(to_valid_utf8(valid) == valid, "valid stays valid");
  const auto address = address_for_people(text);
  if (const auto sent = address_to_send(text))
    fuzz::require(*address_to_send(*sent) == *sent, "what is sent is sent as it is");
  fuzz::require(address_for_people(address).size() <= address.size(), "hiding is done at once");
  if (const auto duration = parse_duration(text))
    fuzz::require(parse_duration(format_duration_exact(*duration)) == duration, "exact durations");
  return 0;
}
