#include "prober/json_grammar.hpp"

#include "common/base/ascii.hpp"
#include "common/base/utf8.hpp"

#include <algorithm>
#include <array>

namespace stalewatch::prober {
namespace {

std::size_t digits_from(std::string_view text, std::size_t i) {
  while (i < text.size() && is_digit(text[i])) ++i;
  return i;
}

/// How much of the start of `text` is a number; 0: nothing.
std::size_t number_length(std::string_view text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (sign == text.size() || !is_digit(text[sign])) return 0;
  std::size_t end = text[sign] == '0' ? sign + 1 : digits_from(text, sign);
  if (end < text.size() && text[end] == '.')
    if (const auto last = digits_from(text, end + 1); last > end + 1) end = last;
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    std::size_t i = end + 1;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (const auto last = digits_from(text, i); last > i) end = last;
  }
  return end;
}

constexpr std::array<std::string_view, 3> no_numbers = {"NaN", "Infinity", "-Infinity"};
constexpr std::array<std::string_view, 3> words = {"null", "true", "false"};

/// How much of the start of `text` is a value that is neither object, array nor string.
std::size_t token_length(std::string_view text) {
  for (const auto& names : {words, no_numbers})
    for (const auto name : names)
      if (text.starts_with(name)) return name.size();
  return number_length(text);
}

constexpr std::size_t escape_length = 6;  // \uXXXX

/// The code unit of the \uXXXX at the start of `text`; nothing when none stands there.
std::optional<unsigned> unicode_escape(std::string_view text) {
  if (text.size() < escape_length || !text.starts_with("\\u")) return std::nullopt;
  const auto digits = text.substr(2, 4);
  if (!std::all_of(digits.begin(), digits.end(), is_hex_digit)) return std::nullopt;
  return static_cast<unsigned>(std::stoul(std::string(digits), nullptr, 16));
}

bool is_high_surrogate(unsigned unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

/// Goes over a text without calling itself, however deep it nests.
class Check {
 public:
  explicit Check(std::string_view text) : text_(text) {}

  std::optional<JsonFault> run() {
    skip_space();
    if (done()) return JsonFault{"empty", at_};
    while (!fault_ && next_ != Next::nothing) step();
    return fault_;
  }

 private:
  enum class Next { value, first_key, key, first_element, after_value, nothing };

  bool done() const { return at_ == text_.size(); }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }
  void fail(std::string_view problem, std::size_t at) { fault_ = {problem, at}; }
  void expected(std::string_view what) { fail(done() ? "unexpected end" : what, at_); }

  void step() {
    skip_space();
    switch (next_) {
      case Next::value:
        return value();
      case Next::first_key:
        return take('}') ? close() : key();
      case Next::key:
        return key();
      case Next::first_element:
        return take(']') ? close() : value();
      case Next::after_value:
        return after_value();
      case Next::nothing:
        return;
    }
  }

  void value() {
    if (take('{')) return open('}', Next::first_key);
    if (take('[')) return open(']', Next::first_element);
    next_ = Next::after_value;
    if (take('"')) return string();
    const auto length = token_length(text_.substr(at_));
    if (length == 0) return expected("expected a value");
    at_ += length;
  }

  void open(char closing, Next next) {
    if (closings_.size() > max_json_depth) return fail("nested too deeply", at_ - 1);
    closings_ += closing;
    next_ = next;
  }

  void close() {
    closings_.pop_back();
    next_ = Next::after_value;
  }

  void key() {
    if (!take('"')) return expected("expected a key in double quotes");
    string();
    if (fault_) return;
    skip_space();
    if (!take(':')) return expected("expected a colon");
    next_ = Next::value;
  }

  void after_value() {
    if (closings_.empty()) {
      next_ = Next::nothing;
      if (!done()) fail("text after its end", at_);
      return;
    }
    if (take(closings_.back())) return close();
    const bool in_object = closings_.back() == '}';
    if (!take(',')) return expected(in_object ? "expected , or }" : "expected , or ]");
    next_ = in_object ? Next::key : Next::value;
  }

  /// After its opening quote.
  void string() {
    const std::size_t start = at_ - 1;
    while (!take('"')) {
      if (done() || text_.substr(at_) == "\\") return fail("an unclosed string", start);
      if (static_cast<unsigned char>(text_[at_]) < 0x20)
        return fail("a control character in a string", at_);
      const std::size_t length = text_[at_] == '\\' ? escape() : 1;
      if (length == 0) return fail("a broken escape in a string", at_);
      at_ += length;
    }
  }

  /// How long the escape is that stands here; 0: it is none.
  std::size_t escape() const {
    if (unicode_escape(text_.substr(at_))) return escape_length;
    constexpr std::string_view simple = "\"\\/bfnrt";
    return simple.find(text_[at_ + 1]) != simple.npos ? 2 : 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string closings_;  // of what is open, the innermost last
  Next next_ = Next::value;
  std::optional<JsonFault> fault_;
};

}  // namespace

bool is_json_number(std::string_view token) {
  if (std::find(no_numbers.begin(), no_numbers.end(), token) != no_numbers.end()) return true;
  return !token.empty() && number_length(token) == token.size();
}

void replace_lone_surrogates(std::string& text) {
  const std::string_view all = text;
  for (std::size_t i = all.find('\\'); i != all.npos; i = all.find('\\', i)) {
    const auto unit = unicode_escape(all.substr(i));
    const auto next = unit ? unicode_escape(all.substr(i + escape_length)) : std::nullopt;
    if (unit && next && is_high_surrogate(*unit) && is_low_surrogate(*next))
      i += 2 * escape_length;
    else if (!unit)
      i += 2;  // the backslash, and what it escapes
    else {
      if (is_high_surrogate(*unit) || is_low_surrogate(*unit))
        text.replace(i, escape_length, "\\ufffd");
      i += escape_length;
    }
  }
}

std::optional<JsonFault> find_json_fault(std::string_view text) { return Check(text).run(); }

std::string place_in(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n') + 1;  // 0 when there is none
  const auto characters = count_characters(before.substr(line_start));
  return "line " + std::to_string(lines + 1) + ", column " + std::to_string(characters + 1);
}

}  // namespace stalewatch::prober
