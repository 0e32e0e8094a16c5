#include "common/config/file_text.hpp"

#include "common/base/utf8.hpp"

#include <algorithm>

namespace stalewatch {
namespace {

struct Lookalike {
  std::string_view bytes;  ///< in UTF-8
  bool is_space;
  std::string_view name;
};

constexpr Lookalike lookalikes[] = {
    {"\u0085", true, "a line separator (U+0085)"},
    {"\u00a0", true, "a no-break space (U+00A0)"},
    {"\u2002", true, "an en space (U+2002)"},
    {"\u2003", true, "an em space (U+2003)"},
    {"\u2007", true, "a figure space (U+2007)"},
    {"\u2009", true, "a thin space (U+2009)"},
    {"\u200b", true, "an invisible zero width space (U+200B)"},
    {"\u200e", true, "an invisible left-to-right mark (U+200E)"},
    {"\u2028", true, "a line separator (U+2028)"},
    {"\u2029", true, "a paragraph separator (U+2029)"},
    {"\u202f", true, "a narrow no-break space (U+202F)"},
    {"\u3000", true, "an ideographic space (U+3000)"},
    {"\ufeff", true, "an invisible byte order mark (U+FEFF)"},
    {"\u201c", false, "a typographic quote (U+201C)"},
    {"\u201d", false, "a typographic quote (U+201D)"},
    {"\u201e", false, "a typographic quote (U+201E)"},
};

const Lookalike* space_at_begin(std::string_view text) {
  for (const Lookalike& one : lookalikes)
    if (one.is_space && text.starts_with(one.bytes)) return &one;
  return nullptr;
}

/// Length of the UTF-8 character at `at`, 0 when there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (begins_character(text[at + i])) return 0;
  return length;
}

/// What is wrong with the character at `at` of `length` bytes (0: no character), or "".
std::string wrong_with(std::string_view text, std::size_t at, std::size_t length) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto c = static_cast<unsigned char>(text[at]);
  const std::string hex = std::string("0x") + digits[c >> 4] + digits[c & 15];
  if (length == 0) return "the byte " + hex + " is not UTF-8 text; save the file as UTF-8";
  if (c == '\r' && !text.substr(at + 1).starts_with('\n'))
    return "a line ends with a lone carriage return, as on old Macs; save the file with the line "
           "ends of Unix (LF) or Windows (CRLF)";
  const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
  return control ? "the byte " + hex + " is not allowed in YAML" : "";
}

}  // namespace

std::string_view foreign_encoding(std::string_view bytes) {
  constexpr std::string_view zeros("\0\0\0", 3);
  const std::string_view first = bytes.substr(0, 4);
  if (first.size() == 4 && (first.ends_with(zeros) || first.starts_with(zeros))) return "UTF-32";
  if (first == std::string_view("\xff\xfe\0\0", 4) || first == std::string_view("\0\0\xfe\xff", 4))
    return "UTF-32";
  if (first.starts_with("\xff\xfe") || first.starts_with("\xfe\xff")) return "UTF-16";
  if (first.size() == 4 && ((first[0] == '\0' && first[2] == '\0' && first[1] != '\0') ||
                            (first[1] == '\0' && first[3] == '\0' && first[0] != '\0')))
    return "UTF-16";
  return "";
}

std::optional<BadByte> find_bad_byte(std::string_view text) {
  if (const auto encoding = foreign_encoding(text); !encoding.empty())
    return BadByte{{1, 1}, "the file is " + std::string(encoding) + " text; save it as UTF-8"};
  YamlMark mark{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const auto c = static_cast<unsigned char>(text[i]);
    if (length == 0 || c < 0x20 || c == 0x7f)
      if (std::string wrong = wrong_with(text, i, length); !wrong.empty())
        return BadByte{mark, std::move(wrong)};
    i += length;
    ++mark.column;
    if (c == '\n') mark = {mark.line + 1, 1};
  }
  return std::nullopt;
}

std::string lookalike_in(std::string_view line) {
  const Lookalike* first = nullptr;
  std::size_t at = std::string_view::npos;
  for (const Lookalike& one : lookalikes)
    if (const std::size_t found = line.find(one.bytes); found < at) {
      first = &one;
      at = found;
    }
  if (first == nullptr) return "";
  const auto characters = count_characters(line.substr(0, at));
  return "there is " + std::string(first->name) + " in column " + std::to_string(characters + 1) +
         (first->is_space ? "; write a plain space, or none" : "; YAML's quotes are \" and '");
}

std::string lookalike_around(std::string_view value) {
  for (const Lookalike& one : lookalikes)
    if (one.is_space && (value.starts_with(one.bytes) || value.ends_with(one.bytes)))
      return std::string(one.name);
  return "";
}

bool has_lookalike_in_structure(std::string_view line) {
  const std::size_t content = std::min(line.find_first_not_of(" \t"), line.size());
  if (space_at_begin(line.substr(content)) != nullptr) return true;
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1))
    if (space_at_begin(line.substr(colon + 1)) != nullptr) return true;
  return false;
}

}  // namespace stalewatch
