#include "recorder/rows.hpp"

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "common/messages/names.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace stalewatch::recorder {
namespace {

Value number(std::int64_t n) { return n; }
Value number(const std::optional<std::int64_t>& n) { return n ? Value(*n) : Value(); }
Value number(const std::optional<std::int32_t>& n) { return n ? Value(std::int64_t{*n}) : Value(); }
Value flag(bool set) { return std::int64_t{set ? 1 : 0}; }
Value time(Timestamp t) { return to_us(t); }
Value time(const std::optional<Timestamp>& t) { return t ? time(*t) : Value(); }
Value seconds(const std::optional<Duration>& d) {
  return d ? Value(static_cast<double>(to_us(*d)) / 1e6) : Value();
}

/// Fit for every engine: valid UTF-8, no NUL (PostgreSQL refuses it), and never too long.
Value text(std::string_view bytes, std::size_t max) {
  std::string valid = to_valid_utf8(cut_to_bytes(bytes, max));
  std::erase(valid, '\0');
  return std::string(cut_to_bytes(valid, max));
}
Value word(std::string_view bytes) { return text(bytes, max_word); }
Value maybe_word(const std::optional<std::string>& s) { return s ? text(*s, max_word) : Value(); }
Value long_text(std::string_view bytes) { return text(bytes, max_text); }
Value maybe_text(const std::optional<std::string>& s) { return s ? text(*s, max_text) : Value(); }

std::optional<Duration> update_interval(const Event& e) {
  if (!e.computed_at || !e.previous_computed_at) return std::nullopt;
  return *e.computed_at - *e.previous_computed_at;
}

using Type = ColumnType;

constexpr std::array updates{
    Column{"seq", Type::number, true, [](const Event& e) { return number(e.seq); }},
    Column{"server", Type::word, true, [](const Event& e) { return word(e.target); }},
    Column{"computed_at_us", Type::number, true,
           [](const Event& e) { return time(e.computed_at.value_or(e.at)); }},
    Column{"previous_computed_at_us", Type::number, false,
           [](const Event& e) { return time(e.previous_computed_at); }},
    Column{"observed_at_us", Type::number, true,
           [](const Event& e) { return time(e.observed_at.value_or(e.at)); }},
    Column{"diff_seconds", Type::seconds, false,
           [](const Event& e) { return seconds(update_interval(e)); }},
    Column{"lag_seconds", Type::seconds, false, [](const Event& e) { return seconds(e.lag); }},
    Column{"late", Type::flag, true, [](const Event& e) { return flag(e.late); }},
};

constexpr std::array events{
    Column{"seq", Type::number, true, [](const Event& e) { return number(e.seq); }},
    Column{"episode", Type::number, false, [](const Event& e) { return number(e.episode); }},
    Column{"kind", Type::word, true, [](const Event& e) { return word(name_of(e.kind)); }},
    Column{"server", Type::word, true, [](const Event& e) { return word(e.target); }},
    Column{"name", Type::word, true, [](const Event& e) { return word(e.name); }},
    Column{"address", Type::text, true, [](const Event& e) { return long_text(e.address); }},
    Column{"at_us", Type::number, true, [](const Event& e) { return time(e.at); }},
    Column{"decided_at_us", Type::number, true, [](const Event& e) { return time(e.decided_at); }},
    Column{"observed_at_us", Type::number, false,
           [](const Event& e) { return time(e.observed_at); }},
    Column{"computed_at_us", Type::number, false,
           [](const Event& e) { return time(e.computed_at); }},
    Column{"previous_computed_at_us", Type::number, false,
           [](const Event& e) { return time(e.previous_computed_at); }},
    Column{"lag_seconds", Type::seconds, false, [](const Event& e) { return seconds(e.lag); }},
    Column{"age_seconds", Type::seconds, false, [](const Event& e) { return seconds(e.age); }},
    Column{"threshold_seconds", Type::seconds, false,
           [](const Event& e) { return seconds(e.threshold); }},
    Column{"since_us", Type::number, false, [](const Event& e) { return time(e.since); }},
    Column{"reason", Type::word, false, [](const Event& e) { return maybe_word(e.reason); }},
    Column{"detail", Type::text, false, [](const Event& e) { return maybe_text(e.detail); }},
    Column{"prober", Type::word, false, [](const Event& e) { return maybe_word(e.prober); }},
    Column{"observers_failing", Type::number, false,
           [](const Event& e) { return number(e.observers_failing); }},
    Column{"observers_of", Type::number, false,
           [](const Event& e) { return number(e.observers_of); }},
    Column{"inhibited", Type::flag, true, [](const Event& e) { return flag(e.inhibited); }},
    Column{"announced", Type::flag, true, [](const Event& e) { return flag(e.announced); }},
    Column{"late", Type::flag, true, [](const Event& e) { return flag(e.late); }},
    Column{"notify", Type::flag, true, [](const Event& e) { return flag(e.notify); }},
    Column{"repeat_number", Type::number, false,
           [](const Event& e) { return number(e.repeat_number); }},
    Column{"next_reminder_at_us", Type::number, false,
           [](const Event& e) { return time(e.next_reminder_at); }},
};

}  // namespace

std::span<const Column> update_columns() { return updates; }
std::span<const Column> event_columns() { return events; }

bool is_recorded(const Event& event) { return event.db_save || event.target.empty(); }
bool is_update(const Event& event) { return event.kind == Kind::updated; }

}  // namespace stalewatch::recorder
