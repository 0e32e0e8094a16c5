#include "recorder/rows.hpp"

#include "tests/catch.hpp"

#include <map>

namespace stalewatch::recorder {
namespace {

using namespace std::chrono_literals;

const Timestamp t0 = timestamp_from_us(1'795'341'720'000'000);

std::map<std::string, Value> row(std::span<const Column> columns, const Event& event) {
  std::map<std::string, Value> values;
  for (const Column& column : columns) values[column.name] = column.of(event);
  return values;
}

Value number(std::int64_t n) { return n; }
Value text(const char* s) { return std::string(s); }
const Value null;

}  // namespace

TEST_CASE("an update has its interval and its lag in seconds, its times in microseconds",
          "[recorder]") {
  const Event event{.seq = 7,
                    .kind = Kind::updated,
                    .target = "PROD",
                    .name = "Production",
                    .at = t0 + 4s,
                    .observed_at = t0 + 3500ms,
                    .computed_at = t0,
                    .previous_computed_at = t0 - 59750ms,
                    .lag = 3500ms,
                    .late = true,
                    .db_save = true};
  const auto values = row(update_columns(), event);
  CHECK(values.at("seq") == number(7));
  CHECK(values.at("server") == text("PROD"));
  CHECK(values.at("computed_at_us") == number(1'795'341'720'000'000));
  CHECK(values.at("previous_computed_at_us") == number(1'795'341'660'250'000));
  CHECK(values.at("observed_at_us") == number(1'795'341'723'500'000));
  CHECK(values.at("diff_seconds") == Value(59.75));
  CHECK(values.at("lag_seconds") == Value(3.5));
  CHECK(values.at("late") == number(1));
}

TEST_CASE("what an event does not know is null", "[recorder]") {
  const Event event{.seq = 1, .kind = Kind::prober_joined, .name = "p1", .at = t0};
  const auto values = row(event_columns(), event);
  for (const Column& column : event_columns()) {
    INFO(column.name);
    CHECK((values.at(column.name) == null) != column.required);
  }
  CHECK(values.at("kind") == text("prober_joined"));
  CHECK(values.at("server") == text(""));
  CHECK(row(update_columns(), event).at("diff_seconds") == null);
}

TEST_CASE("texts fit their columns and are valid, whatever came", "[recorder]") {
  const auto detail = [](std::string s) {
    return std::get<std::string>(row(event_columns(), Event{.detail = std::move(s)}).at("detail"));
  };
  CHECK(detail("two\nlines") == "two\nlines");
  CHECK(detail(std::string("a\0b", 3)) == "ab");
  CHECK(detail("a\xff") == "a\xef\xbf\xbd");
  const std::string full(max_text, 'x');
  CHECK(detail(full) == full);
  CHECK(detail(full + "x") == full);
  CHECK(detail(full.substr(2) + "\u20ac") == full.substr(2));
  CHECK(detail(full.substr(3) + "\u20ac") == full.substr(3) + "\u20ac");
  CHECK(detail(std::string(max_text, '\xff')).size() <= max_text);
  const auto server = row(update_columns(), Event{.target = std::string(300, 'x')}).at("server");
  CHECK(std::get<std::string>(server).size() == max_word);
}

TEST_CASE("recorded is what asks for it, and what concerns no target", "[recorder]") {
  CHECK(is_recorded(Event{.target = "a", .db_save = true}));
  CHECK_FALSE(is_recorded(Event{.target = "a", .db_save = false}));
  CHECK(is_recorded(Event{.kind = Kind::prober_lost, .target = ""}));
  CHECK(is_update(Event{.kind = Kind::updated}));
  CHECK_FALSE(is_update(Event{.kind = Kind::went_back}));
}

}  // namespace stalewatch::recorder
