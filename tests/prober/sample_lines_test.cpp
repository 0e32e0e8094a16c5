#include "prober/sample_lines.hpp"

#include "common/messages/names.hpp"
#include "tests/catch.hpp"

namespace stalewatch::prober {
namespace {

constexpr Timestamp noon = timestamp_from_us(1'795'262'400'000'000);  // 2026-11-21T12:00:00Z

Sample sample_of(std::uint32_t target, Outcome outcome) {
  Sample sample{.target = target, .probed_at = noon, .took = Duration{34'567}, .outcome = outcome};
  if (outcome == Outcome::ok) sample.computed_at = noon - std::chrono::minutes(15);
  return sample;
}

TEST_CASE("a sample is one line of aligned columns", "[sample_lines]") {
  const SampleLines lines({"PROD", "Zürich-1"});
  CHECK(lines.line_of(sample_of(1, Outcome::ok)) ==
        "PROD      ok                     " + format_local(noon - std::chrono::minutes(15)) +
            "  15m old      in 34ms");
  auto failing = sample_of(2, Outcome::http_status);
  failing.detail = "HTTP 503";
  CHECK(lines.line_of(failing) ==
        "Zürich-1  HTTP error             -                          -            in 34ms   HTTP "
        "503");
}

TEST_CASE("every outcome has words that fit their column", "[sample_lines]") {
  const SampleLines lines({"A"});
  for (std::size_t i = 0; i <= known_outcomes; ++i) {
    const auto outcome = i == known_outcomes ? Outcome::unknown : static_cast<Outcome>(i);
    CAPTURE(name_of(outcome));
    const std::string line = lines.line_of(sample_of(1, outcome));
    CHECK(line.find('_') == line.npos);
    CHECK(line.substr(3, 1) != " ");
    CHECK(line.substr(24, 2) == "  ");
    CHECK(line.substr(26, 1) != " ");
  }
}

TEST_CASE("a time that is ahead is as fresh as can be", "[sample_lines]") {
  auto ahead = sample_of(1, Outcome::ok);
  ahead.computed_at = noon + std::chrono::seconds(3);
  CHECK(SampleLines({"A"}).line_of(ahead).find("  0s old  ") != std::string::npos);
}

TEST_CASE("of a local time that came twice the other instant is told", "[sample_lines]") {
  auto twice = sample_of(1, Outcome::ok);
  twice.computed_alt = noon + std::chrono::minutes(45);
  CHECK(SampleLines({"A"}).line_of(twice).ends_with(
      "  or " + format_local(noon + std::chrono::minutes(45)) + ": clocks went back"));
}

TEST_CASE("names do no harm to a terminal, and a long one shifts no other line", "[sample_lines]") {
  const SampleLines lines({"A", "x\x1b[2J", std::string(150, 'n')});
  CHECK(lines.line_of(sample_of(1, Outcome::ok)).substr(40, 4) == "  ok");
  CHECK(lines.line_of(sample_of(2, Outcome::ok)).starts_with("x\\x1b[2J  "));
  CHECK(lines.line_of(sample_of(3, Outcome::ok)).substr(150, 4) == "  ok");
}

}  // namespace
}  // namespace stalewatch::prober
