#pragma once

// Where characters begin in bytes of UTF-8, and texts cut there. Pure.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace stalewatch {

/// False for the second and later bytes of a character.
constexpr bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }

inline std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

/// A character has at most 4 bytes: what is cut at one loses no more than 3, whatever bytes these
/// are.
inline constexpr std::size_t most_of_a_character = 3;

/// The beginning of the text, of at most `max` bytes, without a part of a character at its end.
constexpr std::string_view cut_to_bytes(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  std::size_t end = max;
  while (end > 0 && max - end < most_of_a_character && !begins_character(text[end])) --end;
  return text.substr(0, end);
}

/// The text from that byte on, up to its size, without a part of a character at its beginning.
constexpr std::string_view from_byte(std::string_view text, std::size_t from) {
  const std::size_t latest = std::min(text.size(), from + most_of_a_character);
  while (from < latest && !begins_character(text[from])) ++from;
  return text.substr(from);
}

/// The text without the byte order mark that some programs begin one with.
constexpr std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  return text;
}

}  // namespace stalewatch
