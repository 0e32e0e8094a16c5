#include "prober/body_text.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace stalewatch::prober {
namespace {

using std::string_view_literals::operator""sv;

// Charsets in which servers write, in capitals, perhaps followed by two characters more
// ("ISO-8859-2", "UTF-16BE"). Whatever else iconv knows is not for strangers to choose: its rare
// converters were those that could be made to hang or to end the process.
constexpr std::array<std::string_view, 21> known_charsets = {
    "UTF-16", "UTF-32", "ISO-8859-", "ISO8859-", "LATIN", "WINDOWS-125", "CP125",
    "CP85",   "CP43",   "IBM866",    "KOI8-",    "GB",    "GB2312",      "GB180",
    "BIG5",   "EUC-JP", "EUC-KR",    "EUC-CN",   "SJIS",  "SHIFT_JIS",   "MACINTOSH"};

bool is_known(std::string_view charset) {
  return std::any_of(known_charsets.begin(), known_charsets.end(), [&](std::string_view known) {
    return charset.starts_with(known) && charset.size() <= known.size() + 2;
  });
}

struct Mark {
  std::string_view bytes, charset;
};

/// What the first bytes say, if anything; JSON begins with two characters of ASCII.
std::string_view charset_by_start(std::string_view body) {
  static constexpr std::array<Mark, 4> marks = {{{"\xff\xfe\0\0"sv, "UTF-32"},  // before UTF-16's
                                                 {"\0\0\xfe\xff"sv, "UTF-32"},
                                                 {"\xff\xfe"sv, "UTF-16"},
                                                 {"\xfe\xff"sv, "UTF-16"}}};
  for (const auto& mark : marks)
    if (body.starts_with(mark.bytes)) return mark.charset;
  if (body.size() < 4) return {};
  std::array<bool, 4> zero{};
  std::transform(body.begin(), body.begin() + 4, zero.begin(), [](char c) { return c == '\0'; });
  if (zero == std::array{true, false, true, false}) return "UTF-16BE";
  if (zero == std::array{false, true, false, true}) return "UTF-16LE";
  if (zero == std::array{true, true, true, false}) return "UTF-32BE";
  if (zero == std::array{false, true, true, true}) return "UTF-32LE";
  return {};
}

/// The declared charset by a name that iconv knows; empty for UTF-8 and all that is not known.
/// ASCII is a part of UTF-8, and who says it often sends that.
std::string charset_by_name(std::string_view declared) {
  constexpr std::size_t longest = 20;
  std::string name(declared.substr(0, longest));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  if (name == "LATIN-1" || name == "ISO-LATIN-1") return "ISO-8859-1";
  return is_known(name) ? name : "";
}

class Converter {
 public:
  explicit Converter(const std::string& charset)
      : handle_(iconv_open("UTF-8", charset.c_str())),
        unit_(charset.starts_with("UTF-16")   ? 2
              : charset.starts_with("UTF-32") ? 4
                                              : 1) {}
  ~Converter() {
    if (known()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  /// iconv_open fails with (iconv_t)-1.
  bool known() const { return reinterpret_cast<std::intptr_t>(handle_) != -1; }

  std::string convert(std::string_view body) {
    std::string out;
    std::array<char, 4096> buffer;
    char* in = const_cast<char*>(body.data());  // iconv writes nothing there
    std::size_t left = body.size();
    while (left > 0) {
      char* to = buffer.data();
      std::size_t room = buffer.size();
      const bool done = iconv(handle_, &in, &left, &to, &room) != static_cast<std::size_t>(-1);
      out.append(buffer.data(), buffer.size() - room);
      if (done || errno == E2BIG) continue;
      out += "\xef\xbf\xbd";
      const std::size_t skipped = std::min(unit_, left);
      in += skipped, left -= skipped;
    }
    return out;
  }

 private:
  iconv_t handle_;
  std::size_t unit_;  // bytes; what fits to nothing is passed in steps of it
};

}  // namespace

std::optional<std::string> body_in_utf8(std::string_view body, std::string_view charset) {
  std::string name(charset_by_start(body));
  if (name.empty()) name = charset_by_name(charset);
  if (name.empty()) return std::nullopt;
  Converter converter(name);
  if (!converter.known()) return std::nullopt;
  return converter.convert(body);
}

}  // namespace stalewatch::prober
