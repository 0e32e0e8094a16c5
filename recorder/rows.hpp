#pragma once

// What of an event goes into which column. Pure. docs/tables.md describes the columns for people.

#include "common/messages/messages.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace stalewatch::recorder {

/// What a column holds; dialect.cpp says how each engine calls it.
enum class ColumnType {
  number,   ///< integers; times as microseconds since the epoch
  flag,     ///< 0 or 1
  seconds,  ///< a duration, as a floating point number
  word,     ///< short text, at most max_word bytes
  text,     ///< longer text, at most max_text bytes
};

/// Longer texts are cut, on a character boundary: no event is refused for the length of what a
/// server answered.
inline constexpr std::size_t max_word = 255;
inline constexpr std::size_t max_text = 4'000;

using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

struct Column {
  const char* name;
  ColumnType type;
  bool required;  ///< NOT NULL
  Value (*of)(const Event&);
};

/// The columns of <table>, one row per `updated`; journal_id comes before them in both tables.
std::span<const Column> update_columns();
/// The columns of <table>_events, one row per event.
std::span<const Column> event_columns();

/// Whether an event is stored at all: those of targets with db_save, and all system events.
bool is_recorded(const Event& event);
/// Whether it has a row in <table>, too.
bool is_update(const Event& event);

}  // namespace stalewatch::recorder
