#include "mock_server/time_style.hpp"

#include "tests/catch.hpp"

using namespace stalewatch;
using namespace stalewatch::mock_server;

namespace {

constexpr Timestamp whole = timestamp_from_us(1795341723000000);     // 2026-11-22T10:02:03Z
constexpr Timestamp fraction = timestamp_from_us(1795341723250000);  // 2026-11-22T10:02:03.25Z

std::string written(Timestamp time, const std::string& format, Duration offset = {},
                    int digits = digits_as_needed) {
  return write_time(time, {.format = format, .utc_offset = offset, .digits = digits}).json;
}

}  // namespace

TEST_CASE("every named format writes the instant as it should", "[mock_server]") {
  const auto two_hours = std::chrono::hours(2);
  const auto behind = -(std::chrono::hours(3) + std::chrono::minutes(30));
  struct Row {
    Timestamp time;
    std::string format;
    Duration offset;
    std::string expected;
  };
  const Row rows[] = {
      {whole, "rfc3339", {}, R"("2026-11-22T10:02:03Z")"},
      {fraction, "rfc3339", {}, R"("2026-11-22T10:02:03.25Z")"},
      {fraction, "rfc3339_lower", {}, R"("2026-11-22t10:02:03.25z")"},
      {whole, "rfc3339_space", {}, R"("2026-11-22 10:02:03Z")"},
      {whole, "rfc3339_offset", {}, R"("2026-11-22T10:02:03+00:00")"},
      {whole, "rfc3339_offset", two_hours, R"("2026-11-22T12:02:03+02:00")"},
      {whole, "rfc3339_offset", behind, R"("2026-11-22T06:32:03-03:30")"},
      {whole, "rfc3339_offset_compact", two_hours, R"("2026-11-22T12:02:03+0200")"},
      {whole, "rfc3339_offset_hours", two_hours, R"("2026-11-22T12:02:03+02")"},
      {whole, "rfc3339_offset_hours", behind, R"("2026-11-22T06:32:03-03:30")"},
      {whole, "local", two_hours, R"("2026-11-22T12:02:03")"},
      {whole, "python", {}, R"("2026-11-22 10:02:03")"},
      {fraction, "python", {}, R"("2026-11-22 10:02:03.250000")"},
      {fraction, "python_aware", {}, R"("2026-11-22 10:02:03.250000+00:00")"},
      {fraction, "rfc1123", {}, R"("Sun, 22 Nov 2026 10:02:03 GMT")"},
      {fraction, "epoch_s", {}, "1795341723"},
      {fraction, "epoch_ms", {}, "1795341723250"},
      {fraction, "epoch_us", {}, "1795341723250000"},
      {fraction, "epoch_ns", {}, "1795341723250000000"},
      {fraction, "epoch_ms_text", {}, R"("1795341723250")"},
      {fraction, "%d.%m.%Y %H:%M:%S", {}, R"("22.11.2026 10:02:03")"},
      {fraction, "%d/%m %H:%M:%S.%f %z", two_hours, R"("22/11 12:02:03.250000 +0200")"},
      {fraction, "say \"%Y\"", {}, R"("say \"2026\"")"},
  };
  for (const auto& row : rows) {
    INFO(row.format);
    CHECK(written(row.time, row.format, row.offset) == row.expected);
  }
  CHECK(time_formats().size() == 18);
}

TEST_CASE("a written time says the instant that is left after cutting its fraction",
          "[mock_server]") {
  const Timestamp odd = timestamp_from_us(1795341723987654);
  const auto left = [&](const std::string& format, int digits) {
    return to_us(write_time(odd, {.format = format, .digits = digits}).instant) % 1000000;
  };
  CHECK(left("rfc3339", digits_as_needed) == 987654);
  CHECK(left("rfc3339", 3) == 987000);
  CHECK(left("rfc3339", 0) == 0);
  CHECK(left("rfc3339", 9) == 987654);
  CHECK(left("epoch_s", digits_as_needed) == 0);
  CHECK(left("epoch_s", 2) == 980000);
  CHECK(left("epoch_ms", digits_as_needed) == 987000);
  CHECK(left("epoch_ns", digits_as_needed) == 987654);
  CHECK(left("rfc1123", digits_as_needed) == 0);
  CHECK(left("%H:%M:%S", digits_as_needed) == 0);
  CHECK(left("%H:%M:%S.%f", digits_as_needed) == 987654);

  CHECK(written(odd, "rfc3339", {}, 9) == R"("2026-11-22T10:02:03.987654000Z")");
  CHECK(written(odd, "rfc3339", {}, 1) == R"("2026-11-22T10:02:03.9Z")");
  CHECK(written(odd, "epoch_s", {}, 3) == "1795341723.987");
  CHECK(written(timestamp_from_us(-500000), "rfc3339", {}, 0) == R"("1969-12-31T23:59:59Z")");
}

TEST_CASE("a format is a known name or has a percent sign", "[mock_server]") {
  CHECK(is_time_format("python"));
  CHECK(is_time_format("%s"));
  CHECK_FALSE(is_time_format("iso"));
  CHECK_FALSE(is_time_format(""));
}
