#include "prober/body_reading.hpp"

#include "common/base/ascii.hpp"
#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "prober/json_field.hpp"

#include <algorithm>

namespace stalewatch::prober {
namespace {

// As much of a value as is kept, and as much of it, or of a body, as a person is shown.
constexpr std::size_t raw_kept = 1024;
constexpr std::size_t value_shown = 80;

std::string quoted(const JsonField& field) {
  const auto text = escape_value(field.text, value_shown);
  return field.type == JsonField::Type::number ? text : '"' + text + '"';
}

std::string_view said_of(JsonField::Type type) {
  switch (type) {
    case JsonField::Type::null:
      return "is null";
    case JsonField::Type::boolean:
      return "is a boolean";
    case JsonField::Type::object:
      return "is an object";
    case JsonField::Type::array:
      return "is an array";
    default:
      return "is missing";
  }
}

/// "field data.lastTime" for people.
std::string named(std::string_view path) {
  return path.empty() ? "the answer" : "field " + escape_untrusted(path, value_shown);
}

BodyReading not_json(const JsonField& fault) {
  auto detail = "not JSON: " + fault.problem;
  if (!fault.text.empty()) detail += ": \"" + escape_value(fault.text, value_shown) + '"';
  return {.outcome = Outcome::not_json, .detail = std::move(detail)};
}

/// What a proxy or a login in front of the server answers.
bool is_html(std::string_view body) {
  body = without_byte_order_mark(body);
  body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
  const auto start = to_lower(body.substr(0, std::string_view("<!doctype html").size()));
  return start == "<!doctype html" || start.starts_with("<html");
}

BodyReading html(std::string_view body) {
  return {.outcome = Outcome::not_json,
          .detail = "an HTML page instead of JSON: \"" + escape_value(body, value_shown) + '"'};
}

}  // namespace

BodyReading read_body(std::string_view body, std::string_view field, const TimeFormat& format) {
  if (is_html(body)) return html(body);
  auto found = find_json_field(body, field);
  if (found.type == JsonField::Type::not_json) return not_json(found);
  const bool is_number = found.type == JsonField::Type::number;
  if (!is_number && found.type != JsonField::Type::string)
    return {.outcome = Outcome::field_missing,
            .detail = named(field) + ' ' + std::string(said_of(found.type))};
  auto reading = format.read(found.text, is_number);
  BodyReading result{
      .computed_at = reading.time, .computed_alt = reading.alt, .had_offset = reading.had_offset};
  if (!reading.time) {
    result.outcome = Outcome::time_unreadable;
    result.detail = named(field) + " is " + quoted(found) + ": " + reading.problem;
  }
  found.text.resize(std::min(found.text.size(), raw_kept));
  result.raw = std::move(found.text);
  return result;
}

}  // namespace stalewatch::prober
