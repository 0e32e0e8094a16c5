#include "common/base/text.hpp"

#include "common/base/ascii.hpp"
#include "common/base/url.hpp"
#include "common/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace stalewatch {
namespace {

/// One character of UTF-8, or one byte that is not part of any.
struct Character {
  std::size_t bytes = 1;
  std::uint32_t code_point = 0;
  bool valid = false;
};

/// Reads the character at the start of `text`, which is not empty. Overlong forms, surrogates and
/// code points beyond U+10FFFF are not valid.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  std::uint32_t code_point = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (begins_character(text[i])) return {};
    code_point = code_point << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < smallest[length] || code_point > 0x10ffff || surrogate) return {};
  return {length, code_point, true};
}

template <typename... Values>
std::string printed(const char* format, Values... values) {
  std::array<char, 16> buffer;
  const int length = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

/// Control characters, and those that reorder or break the line they stand in (bidirectional
/// marks, line separators): what a hostile server could use to make a line say something else.
bool is_dangerous(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/// White space, as Unicode has it.
bool is_space(std::uint32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

/// What looks like a plain space, or like nothing, and is something else.
bool looks_blank(std::uint32_t c) {
  return (is_space(c) && c != ' ') || c == 0xad || (c >= 0x200b && c <= 0x200d) || c == 0x2060;
}

/// A backslash stays as it is, so that escaping what was escaped before changes nothing.
std::string shown(std::string_view bytes, const Character& c, bool blanks_too) {
  if (!c.valid) return printed("\\x%02x", static_cast<unsigned char>(bytes[0]));
  if (!is_dangerous(c.code_point) && !(blanks_too && looks_blank(c.code_point)))
    return std::string(bytes.substr(0, c.bytes));
  switch (c.code_point) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return printed(c.code_point < 0x80 ? "\\x%02x" : "\\u%04x", c.code_point);
  }
}

/// Rather one value too many hidden ("monkey") than one too few.
bool looks_secret(std::string_view key) {
  constexpr std::array<std::string_view, 11> words = {"token", "key",  "secret",     "pass",
                                                      "pwd",   "auth", "sig",        "credential",
                                                      "jwt",   "sess", "access_code"};
  const auto plain = to_lower(percent_decode(key));  // to%6ben is seen for what it is
  return std::any_of(words.begin(), words.end(),
                     [&](auto word) { return plain.find(word) != std::string::npos; });
}

std::string query_for_people(std::string_view query) {
  std::string out;
  while (true) {
    const auto end = std::min(query.find_first_of("&;"), query.size());
    const auto part = query.substr(0, end);
    const auto equals = part.find('=');
    const bool hide =
        equals != part.npos && equals + 1 < part.size() && looks_secret(part.substr(0, equals));
    out += hide ? std::string(part.substr(0, equals + 1)) + "***" : std::string(part);
    if (end == query.size()) return out;
    out += query[end];
    query.remove_prefix(end + 1);
  }
}

/// Whether user and password may go on behind the host: a password with a raw slash ends the
/// authority early, and its beginning looks like a port.
bool may_hold_a_password(const UrlParts& parts) {
  return parts.user.empty() &&
         parts.port.find_first_not_of("0123456789", 1) != std::string_view::npos;
}

std::string escape(std::string_view bytes, std::size_t max, bool blanks_too) {
  constexpr std::string_view dots = "...";
  std::string out;
  std::size_t fits = 0;  // how much of `out` stays if the dots have to follow
  while (!bytes.empty()) {
    const auto character = first_character(bytes);
    out += shown(bytes, character, blanks_too);
    if (out.size() > max) {
      out.resize(fits);
      return out.append(dots.substr(0, max - fits));
    }
    if (out.size() + dots.size() <= max) fits = out.size();
    bytes.remove_prefix(character.bytes);
  }
  return out;
}

}  // namespace

std::string escape_untrusted(std::string_view bytes, std::size_t max) {
  return escape(bytes, max, false);
}

std::string escape_value(std::string_view bytes, std::size_t max) {
  return escape(bytes, max, true);
}

std::string with_plain_spaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_character(text);
    out +=
        character.valid && is_space(character.code_point) ? " " : text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto character = first_character(bytes);
    out += character.valid ? bytes.substr(0, character.bytes) : "\xef\xbf\xbd";
    bytes.remove_prefix(character.bytes);
  }
  return out;
}

std::string address_for_people(std::string_view url) {
  const auto parts = split_url(url);
  std::string out(parts.scheme);
  auto rest = url.substr(parts.scheme.size() + parts.user.size());
  if (may_hold_a_password(parts)) rest.remove_prefix(rest.rfind('@') + 1);
  rest = rest.substr(0, rest.find('#'));
  const auto query = rest.find('?');
  if (query == rest.npos) return out.append(rest);
  return out.append(rest.substr(0, query + 1)).append(query_for_people(rest.substr(query + 1)));
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + changed});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace stalewatch
