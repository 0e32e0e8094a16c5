#include "mock_server/answer.hpp"

#include "mock_server/json_text.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace stalewatch::mock_server {
namespace {

constexpr std::string_view html_page =
    "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head>\n"
    "<body><h1>We will be back soon</h1></body></html>\n";

/// An index of an array in a field path; larger ones would only make a large body.
constexpr std::size_t max_array_index = 1000;

/// "a.b" and "/a/b" as {"a", "b"}; ~1 and ~0 of JSON Pointer undone.
std::vector<std::string> segments_of(std::string_view field) {
  const bool pointer = field.starts_with('/');
  const char separator = pointer ? '/' : '.';
  if (pointer) field.remove_prefix(1);
  std::vector<std::string> segments;
  for (std::size_t at = 0; at <= field.size();) {
    const auto end = std::min(field.find(separator, at), field.size());
    std::string segment(field.substr(at, end - at));
    for (const auto& [from, to] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}})
      for (std::size_t i = 0; pointer && (i = segment.find(from, i)) != std::string::npos; ++i)
        segment.replace(i, 2, to);
    segments.push_back(std::move(segment));
    at = end + 1;
  }
  return segments;
}

std::optional<std::size_t> array_index(const std::string& segment) {
  const bool digits =
      !segment.empty() && segment.size() <= 4 &&
      std::all_of(segment.begin(), segment.end(), [](unsigned char c) { return std::isdigit(c); });
  if (!digits) return std::nullopt;
  const std::size_t index = std::stoul(segment);
  return index <= max_array_index ? std::optional(index) : std::nullopt;
}

std::string wrap(const std::string& segment, const std::string& inner) {
  const auto index = array_index(segment);
  if (!index) return "{" + json_text(segment) + ":" + inner + "}";
  std::string out = "[";
  for (std::size_t i = 0; i < *index; ++i) out += "{},";
  return out + inner + "]";
}

/// The fields that are there whatever happens to the time.
std::string other_fields(std::string_view path) {
  return "\"name\":" + json_text(path.substr(path.starts_with('/') ? 1 : 0)) +
         ",\"version\":\"1.0.0\"";
}

void fill_padded(Answer& answer, std::size_t size, bool packed) {
  std::string start = answer.body;
  start.pop_back();  // the closing brace comes after the padding
  start += ",\"padding\":\"";
  const std::string_view end = "\"}";
  const std::size_t padding =
      size > start.size() + end.size() ? size - start.size() - end.size() : 0;
  if (packed) {
    answer.body = gzip(start, padding, end);
    answer.headers.emplace_back("Content-Encoding", "gzip");
  } else {
    answer.body = start + std::string(padding, '0') + std::string(end);
  }
}

std::string status_body(int status) { return fmt::format("{{\"error\":\"status {}\"}}", status); }

void set_delivery(Answer& answer, const Settings& settings) {
  switch (settings.mode) {
    case Mode::refuse:
      answer.delivery = Delivery::refuse;
      break;
    case Mode::reset:
      answer.delivery = Delivery::reset;
      break;
    case Mode::close_mid_body:
      answer.delivery = Delivery::close_mid_body;
      break;
    case Mode::hang:
      answer.delivery = Delivery::hang;
      break;
    case Mode::trickle:
      answer.delivery = Delivery::trickle;
      break;
    case Mode::chunked:
      answer.delivery = Delivery::chunked;
      break;
    default:
      break;
  }
}

/// The body where it is not the ordinary one; the ordinary one is already there.
void set_body(Answer& answer, const Settings& settings, std::string_view path) {
  const auto with_value = [&](const std::string& json) {
    return json_with_field(settings.field, json, other_fields(path));
  };
  const std::string ordinary = answer.body;
  const auto computed = std::exchange(answer.computed_at, std::nullopt);
  switch (settings.mode) {
    case Mode::status:
      // 1xx, 204 and 304 have no body.
      answer.body =
          settings.status == 204 || settings.status == 304 ? "" : status_body(settings.status);
      break;
    case Mode::redirect:
      answer.headers.emplace_back("Location",
                                  settings.to.empty() ? std::string(path) : settings.to);
      answer.body = "";
      break;
    case Mode::big_body:
      fill_padded(answer, settings.size, false);
      break;
    case Mode::gzip_bomb:
      fill_padded(answer, settings.size, true);
      break;
    case Mode::html:
      answer.content_type = "text/html; charset=utf-8";
      answer.body = html_page;
      break;
    case Mode::truncated_json:
      answer.body = ordinary.substr(0, ordinary.size() / 2);
      break;
    case Mode::empty:
      answer.body = "";
      break;
    case Mode::invalid_utf8:
      answer.body = ordinary.substr(0, ordinary.size() - 1) + ",\"note\":\"\xff\xfe\"}";
      answer.computed_at = computed;  // it is there to be read
      break;
    case Mode::field_missing:
      answer.body = "{" + other_fields(path) + "}";
      break;
    case Mode::field_null:
      answer.body = with_value("null");
      break;
    case Mode::field_object:
      answer.body = with_value("{\"date\":\"2026-11-22\",\"time\":\"10:02:03\"}");
      break;
    case Mode::value:
      answer.body = with_value(settings.value);
      break;
    case Mode::success_false:
      answer.body = "{\"success\":false}";
      break;
    default:
      break;
  }
}

bool says_the_time(const Settings& settings) {
  switch (settings.mode) {
    case Mode::ok:
    case Mode::gzip:
    case Mode::chunked:
    case Mode::trickle:
      return settings.status / 100 == 2;
    default:
      return false;
  }
}

}  // namespace

Answer make_answer(const Settings& settings, std::string_view path, Timestamp now) {
  const WrittenTime written = write_time(computed_at(settings.timeline, now), settings.style);
  Answer answer;
  answer.sleep = settings.sleep;
  answer.pace = settings.pace;
  answer.status = settings.status;
  answer.body = json_with_field(settings.field, written.json, other_fields(path));
  answer.computed_at = written.instant;
  answer.mode = describe_mode(settings);
  set_delivery(answer, settings);
  if (!says_the_time(settings)) set_body(answer, settings, path);
  if (settings.mode == Mode::gzip) {
    answer.body = gzip(answer.body);
    answer.headers.emplace_back("Content-Encoding", "gzip");
  }
  if (settings.date) answer.headers.emplace_back("Date", http_date(now + settings.date_offset));
  if (!settings.age_header.empty()) answer.headers.emplace_back("Age", settings.age_header);
  return answer;
}

std::string describe_mode(const Settings& settings) {
  const std::string name(name_of(settings.mode));
  switch (settings.mode) {
    case Mode::ok:
      return settings.timeline.frozen ? "frozen" : "updates";
    case Mode::status:
    case Mode::redirect:
      return fmt::format("{}:{}", name, settings.status);
    case Mode::value:
      return name + ":" + settings.value;
    default:
      return name;
  }
}

std::string json_with_field(std::string_view field, const std::string& inner,
                            const std::string& extra) {
  const auto segments = segments_of(field);
  std::string json = inner;
  for (auto segment = segments.rbegin(); segment != std::prev(segments.rend()); ++segment)
    json = wrap(*segment, json);
  if (array_index(segments.front())) return wrap(segments.front(), json);
  return "{" + extra + "," + json_text(segments.front()) + ":" + json + "}";
}

std::string gzip(std::string_view text, std::size_t padding, std::string_view end) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;  // + 16: a gzip wrapper instead of a zlib one
  constexpr int memory_level = 8;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib: deflateInit2 failed");
  std::string out;
  char buffer[16 << 10];
  const auto feed = [&](std::string_view piece, int flush) {
    std::string input(piece);  // zlib's input pointer is not const
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer);
      stream.avail_out = sizeof buffer;
      deflate(&stream, flush);
      out.append(buffer, sizeof buffer - stream.avail_out);
    } while (stream.avail_out == 0);
  };
  feed(text, Z_NO_FLUSH);
  const std::string zeros(std::min<std::size_t>(padding, 64 << 10), '0');
  for (std::size_t left = padding; left > 0; left -= std::min(left, zeros.size()))
    feed(std::string_view(zeros).substr(0, left), Z_NO_FLUSH);
  feed(end, Z_FINISH);
  deflateEnd(&stream);
  return out;
}

}  // namespace stalewatch::mock_server
