#include "prober/answer_headers.hpp"

#include "common/base/ascii.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <string>

namespace stalewatch::prober {
namespace {

bool begins(std::string_view line, std::string_view word) {
  return equal_in_any_case(line.substr(0, word.size()), word);
}

/// "application/json; charset=ISO-8859-1": what stands after charset=, without quotes.
std::string_view charset_in(std::string_view content_type) {
  constexpr std::string_view parameter = "charset=";
  for (auto at = content_type.find(';'); at != content_type.npos; at = content_type.find(';')) {
    content_type = trimmed(content_type.substr(at + 1));
    if (!begins(content_type, parameter)) continue;
    const auto value = content_type.substr(parameter.size());
    auto charset = trimmed(value.substr(0, value.find(';')));
    charset.remove_prefix(std::min(charset.find_first_not_of("\"'"), charset.size()));
    return charset.substr(0, charset.find_first_of("\"'"));
  }
  return {};
}

/// Whether each of "gzip, br" is a compression that libcurl asks for, or none.
bool knows_codings(std::string_view list) {
  constexpr std::array<std::string_view, 7> known = {"gzip", "x-gzip",   "deflate", "br",
                                                     "zstd", "identity", "none"};
  while (true) {
    const auto end = std::min(list.find(','), list.size());
    const auto name = trimmed(list.substr(0, end));
    const bool is_known = std::any_of(known.begin(), known.end(), [&](std::string_view coding) {
      return name.size() == coding.size() && begins(name, coding);
    });
    if (!name.empty() && !is_known) return false;
    if (end == list.size()) return true;
    list.remove_prefix(end + 1);
  }
}

std::optional<Timestamp> read_date(std::string_view value) {
  if (value.size() > 40)
    return std::nullopt;  // "Sun, 06 Nov 1994 08:49:37 GMT" and the two older forms are shorter
  const std::time_t seconds = curl_getdate(std::string(value).c_str(), nullptr);
  if (seconds <= 0) return std::nullopt;
  constexpr std::time_t last = 253'402'300'799;  // of the year 9999: later ones are as wrong
  return Timestamp{std::chrono::seconds{std::min(seconds, last)}};
}

}  // namespace

bool AnswerHeaders::add(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > max_header_bytes) return false;
  if (begins(line, "HTTP/")) {  // another answer of the same transfer, after a redirect
    ++answers_;
    date_.reset();
    cached_ = false;
    charset_.clear();
    unknown_coding_ = false;
  } else if (begins(line, "date:")) {
    date_ = read_date(trimmed(line.substr(5)));
  } else if (begins(line, "content-type:")) {
    charset_ = charset_in(line.substr(13));
  } else if (begins(line, "content-encoding:")) {
    unknown_coding_ = unknown_coding_ || !knows_codings(line.substr(17));
  } else if (begins(line, "age:")) {
    cached_ = cached_ || trimmed(line.substr(4)) != "0";
  } else if (begins(line, "x-cache:")) {
    cached_ = cached_ || begins(trimmed(line.substr(8)), "hit");
  }
  return true;
}

std::optional<ClockOffset> AnswerHeaders::clock_offset(Timestamp sent, Timestamp received) const {
  if (!date_ || cached_ || received < sent) return std::nullopt;
  constexpr Duration half_second = std::chrono::milliseconds(500);
  const Duration half_trip = (received - sent) / 2;
  return ClockOffset{*date_ + half_second - (sent + half_trip), half_second + half_trip};
}

}  // namespace stalewatch::prober
