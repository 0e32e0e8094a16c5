#include "common/config/yaml_problem.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch {
namespace {

/// Where a line begins; behind the end when there is none of that number.
std::size_t start_of_line(std::string_view text, int number) {
  std::size_t start = 0;
  for (int i = 1; i < number && start < text.size(); ++i)
    start = std::min(text.find('\n', start), text.size() - 1) + 1;
  return start;
}

std::string_view line_at(std::string_view text, std::size_t start) {
  start = std::min(start, text.size());
  return text.substr(start, text.find('\n', start) - start);
}

/// The first line up to `last` that has a tab before its content; 0 when none has.
int line_with_tab(std::string_view text, int last) {
  for (int number = 1; number <= last && !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t content = line.find_first_not_of(" \t\r");
    if (content != std::string_view::npos &&
        line.substr(0, content).find('\t') != std::string_view::npos)
      return number;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return 0;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \r") == line.npos; }

bool has_key(std::string_view line) {
  return line.find(": ") != std::string_view::npos || line.find(":\r") != std::string_view::npos ||
         line.ends_with(':') || is_blank(line);
}

/// Without the comment at its end.
std::string_view content_of(std::string_view line) {
  if (line.substr(std::min(line.find_first_not_of(' '), line.size())).starts_with('#')) return {};
  return line.substr(0, line.find(" #"));
}

/// Plain words that are no entry of a map, though they stand where one is wanted. Nothing when the
/// line is something else.
std::optional<std::string> explain_words(std::string_view line) {
  const auto content = content_of(line);
  if (has_key(content)) return std::nullopt;
  const auto words = content.substr(content.find_first_not_of(" \r"));
  constexpr std::string_view begin_other_things = "-?[]{},\"'&*!|>%@`";
  if (begin_other_things.find(words.front()) != words.npos) return std::nullopt;
  const auto colon = words.find(':');
  const bool is_one_word = words.find(' ') == words.npos;
  if (is_one_word && colon != words.npos && !words.substr(colon).starts_with("://"))
    return "this line has no \"key: value\"; a space is missing behind the colon";
  return "this line has no \"key: value\"; a comment that goes on needs a # of its own";
}

/// What the parser took for the beginning of a key that ends at `mark`: the first of the lines
/// above that have no key. `mark` is moved there.
std::optional<std::string> explain_words_above(std::string_view text, YamlMark& mark) {
  std::size_t start = start_of_line(text, mark.line);
  const auto column = static_cast<std::size_t>(std::max(mark.column, 1));
  if (line_at(text, start).substr(0, column - 1).find(": ") != std::string_view::npos)
    return std::nullopt;  // a second one in its line
  std::optional<std::string> found;
  for (int number = mark.line - 1; number >= 1 && start > 0; --number) {
    const auto before = start < 2 ? std::string_view::npos : text.rfind('\n', start - 2);
    start = before == std::string_view::npos ? 0 : before + 1;
    const auto line = line_at(text, start);
    if (is_blank(content_of(line))) continue;
    auto words = explain_words(line);
    if (!words) break;
    found = std::move(words);
    mark = {number, static_cast<int>(line.find_first_not_of(' ')) + 1};
  }
  return found;
}

}  // namespace

std::optional<std::string> explain_lone_words(std::string_view text, std::size_t position) {
  const auto before = text.substr(0, position);
  const auto start = before.rfind('\n') + 1;  // 0 when there is none
  if (!is_blank(before.substr(start))) return std::nullopt;
  return explain_words(line_at(text, start));
}

std::string explain_yaml_problem(std::string_view text, const std::string& said, YamlMark& mark) {
  if (const int tab = line_with_tab(text, mark.line); tab != 0) {
    mark = {tab, 1};
    return "a tab is used for indentation; YAML wants spaces";
  }
  if (said.find("illegal tab") != std::string::npos)
    return "a tab stands where only spaces can; YAML wants spaces for indentation";
  const bool is_map = said.find("end of map not found") != std::string::npos;
  if (is_map && !has_key(line_at(text, start_of_line(text, mark.line))))
    return "this line has no \"key: value\"; a comment that goes on needs a # of its own";
  if (said.find("illegal map value") != std::string::npos)
    if (const auto words = explain_words_above(text, mark)) return *words;
  constexpr std::pair<std::string_view, std::string_view> meanings[] = {
      {"end of map flow not found",
       "a { is not closed as it should be: inside {...} put quotes around values with { } [ ] or , "
       "(${VAR} too)"},
      {"end of sequence flow not found",
       "a [ is not closed as it should be: inside [...] put quotes around values with { } [ ] or "
       ","},
      {"end of map not found",
       "this line does not fit to those above: check its indentation, and quotes that are not "
       "closed"},
      {"end of sequence not found",
       "this line does not fit to the list above: check its indentation, and quotes that are not "
       "closed"},
      {"illegal map value",
       "a \": \" where none can be: put quotes around the value, or check the indentation of this "
       "line"},
      {"unknown token", "a value cannot begin with this character; put quotes around it"},
      {"referenced anchor is not defined", "there is no such anchor: &name must stand above *name"},
      {"illegal block entry", "a list cannot begin here: check the indentation of this line"},
      {"unknown escape character",
       "a \\ in \"...\" that begins no known escape: write \\\\, or use '...'"},
  };
  for (const auto& [part, meaning] : meanings)
    if (said.find(part) != std::string::npos) return std::string(meaning);
  return "not valid YAML: " + escape_untrusted(said);
}

bool is_quote_closed(std::string_view text, std::size_t position) {
  // An anchor or a tag may stand before it.
  while (position < text.size() && (text[position] == '&' || text[position] == '!'))
    position = text.find_first_not_of(" \t\r\n", text.find_first_of(" \t\r\n", position));
  if (position >= text.size() || (text[position] != '"' && text[position] != '\'')) return true;
  const char quote = text[position];
  for (std::size_t i = position + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

}  // namespace stalewatch
