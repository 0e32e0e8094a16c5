#include "common/config/yaml_problem.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch {
namespace {

std::string_view line_of(std::string_view text, int number) {
  for (int i = 1; i < number && !text.empty(); ++i)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
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

bool has_key(std::string_view line) {
  return line.find(": ") != std::string_view::npos || line.find(":\r") != std::string_view::npos ||
         line.ends_with(':') || line.find_first_not_of(" \r") == std::string_view::npos;
}

}  // namespace

std::string explain_yaml_problem(std::string_view text, const std::string& said, YamlMark& mark) {
  if (const int tab = line_with_tab(text, mark.line); tab != 0) {
    mark = {tab, 1};
    return "a tab is used for indentation; YAML wants spaces";
  }
  if (said.find("illegal tab") != std::string::npos)
    return "a tab stands where only spaces can; YAML wants spaces for indentation";
  const bool is_map = said.find("end of map not found") != std::string::npos;
  if (is_map && !has_key(line_of(text, mark.line)))
    return "this line has no \"key: value\"; a comment that goes on needs a # of its own";
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
