#include "prober/sample_lines.hpp"

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace stalewatch::prober {
namespace {

// Characters. What is longer pushes the rest of its own line aside.
constexpr std::size_t widest_name = 40;
constexpr std::size_t time_width = 25;  // "2026-11-22 10:02:03+01:00"
constexpr std::size_t age_width = 11;   // "365d23h old"
constexpr std::size_t took_width = 8;   // "in 850ms"

// In the order of the enumerators of Outcome.
constexpr auto outcomes = std::to_array<std::string_view>(
    {"ok", "name not resolved", "no connection", "TLS fails", "timeout", "HTTP error",
     "too large an answer", "not JSON", "no time in the answer", "time cannot be read",
     "time in the future"});
static_assert(outcomes.size() == known_outcomes);
constexpr std::size_t outcome_width = 21;

std::string_view words_of(Outcome outcome) {
  return outcome == Outcome::unknown ? "unknown" : outcomes.at(static_cast<std::size_t>(outcome));
}

void add_column(std::string& line, std::string_view text, std::size_t width) {
  const std::size_t used = count_characters(text);
  line += text;
  line.append(std::max(width, used) - used + 2, ' ');
}

std::string age_of(const Sample& sample) {
  if (!sample.computed_at) return "-";
  // A time that is slightly ahead is as fresh as can be.
  const Duration age = std::max(sample.probed_at - *sample.computed_at, Duration{0});
  return format_duration(age) + " old";
}

std::string detail_of(const Sample& sample) {
  std::string detail = sample.detail.value_or("");
  if (!sample.computed_alt) return detail;
  return (detail.empty() ? "or " : detail + ", or ") + format_local(*sample.computed_alt) +
         ": clocks went back";
}

}  // namespace

SampleLines::SampleLines(std::vector<std::string> names) : names_(std::move(names)) {
  for (auto& name : names_) {
    name = escape_untrusted(name);
    name_width_ = std::max(name_width_, std::min(count_characters(name), widest_name));
  }
}

std::string SampleLines::line_of(const Sample& sample) const {
  std::string line;
  add_column(line, names_.at(sample.target - 1), name_width_);
  add_column(line, words_of(sample.outcome), outcome_width);
  add_column(line, sample.computed_at ? format_local(*sample.computed_at) : "-", time_width);
  add_column(line, age_of(sample), age_width);
  add_column(line, "in " + format_duration(sample.took), took_width);
  line += detail_of(sample);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace stalewatch::prober
