#include "common/base/web_address.hpp"

#include "common/base/ascii.hpp"
#include "common/base/url.hpp"

#include <idn2.h>

#include <algorithm>
#include <memory>

namespace stalewatch {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }

/// RFC 3986: unreserved, and what separates parts.
bool is_sent_as_it_is(char c) {
  return is_letter_or_digit(c) ||
         std::string_view("-._~:/?#@!$&'()*+,;=").find(c) != std::string_view::npos;
}

std::string percent_encode(std::string_view text) {
  std::string sent;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_code =
        c == '%' && i + 2 < text.size() && is_hex_digit(text[i + 1]) && is_hex_digit(text[i + 2]);
    if (is_code || is_sent_as_it_is(c)) {
      sent += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    sent += {'%', hex_digits[byte >> 4], hex_digits[byte & 15]};
  }
  return sent;
}

Result<std::string> host_to_send(const std::string& name) {
  const Error wrong_character{"has a character that no host has"};
  if (std::all_of(name.begin(), name.end(), is_ascii)) {
    if (name.find_first_of(" \"<>\\^`{|}") != std::string::npos) return wrong_character;
    return name;
  }
  char* ascii = nullptr;
  const int code = idn2_to_ascii_8z(name.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owned(ascii, idn2_free);
  if (code != IDN2_OK)
    return Error{std::string("is no international name: ") + idn2_strerror(code)};
  const std::string host = ascii;
  // Some characters are mapped to a / or an @, which would make it another host.
  const bool is_name = std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
  });
  if (!is_name) return wrong_character;
  return host;
}

}  // namespace

Result<std::string> address_to_send(std::string_view address) {
  const auto parts = split_url(address);
  const auto host = host_to_send(std::string(parts.host));
  if (!host) return host;
  return std::string(parts.scheme)
      .append(parts.user)
      .append(*host)
      .append(parts.port)
      .append(percent_encode(parts.rest));
}

}  // namespace stalewatch
