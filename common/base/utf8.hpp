#pragma once

// Where characters begin in bytes of UTF-8. Pure.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace stalewatch {

/// False for the second and later bytes of a character.
constexpr bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }

inline std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

/// The text without the byte order mark that some programs begin one with.
constexpr std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  return text;
}

}  // namespace stalewatch
