#include "mock_server/change.hpp"

#include "common/base/text.hpp"
#include "mock_server/time_style.hpp"

#include <date/date.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

namespace stalewatch::mock_server {
namespace {

/// Nothing is sent longer than this: enough for every limit that a client may have, and no trouble
/// for the machine.
constexpr std::size_t max_size = 1 << 30;

template <typename T>
std::optional<T> number(std::string_view text, T low, T high) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
    return std::nullopt;
  return value;
}

/// "+5m", "-90s".
std::optional<Duration> signed_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto length = parse_duration(text);
  return length && negative ? std::optional(-*length) : length;
}

/// "+02:00", "-0330", "Z".
std::optional<Duration> offset_of(std::string_view text) {
  if (text == "Z") return Duration::zero();
  std::string digits(text.substr(std::min<std::size_t>(1, text.size())));
  std::erase(digits, ':');
  const auto value = number<int>(digits, 0, 2359);
  if (digits.size() != 4 || !value || *value % 100 > 59) return std::nullopt;
  if (text.front() != '+' && text.front() != '-') return std::nullopt;
  const Duration length = std::chrono::hours(*value / 100) + std::chrono::minutes(*value % 100);
  return text.front() == '-' ? -length : length;
}

/// "2026-11-22T10:02:03Z", with a fraction or without.
std::optional<Timestamp> instant_of(const std::string& text) {
  std::istringstream in(text);
  Timestamp time;
  in >> date::parse("%FT%TZ", time);
  return in && in.peek() == EOF ? std::optional(time) : std::nullopt;
}

/// "512", "64KiB", "10MiB".
std::optional<std::size_t> size_of(std::string_view text) {
  std::size_t unit = 1;
  for (const auto& [suffix, bytes] :
       {std::pair<std::string_view, std::size_t>{"KiB", 1 << 10}, {"MiB", 1 << 20}})
    if (text.ends_with(suffix)) {
      text.remove_suffix(suffix.size());
      unit = bytes;
    }
  const auto value = number<std::size_t>(text, 0, max_size / unit);
  return value ? std::optional(*value * unit) : std::nullopt;
}

using Problem = std::optional<std::string>;

/// Stores what was read, or says what was expected.
template <typename T>
Problem store(std::optional<T>& target, std::optional<T> value, const char* expected) {
  if (!value) return expected;
  target = std::move(value);
  return std::nullopt;
}

constexpr const char* a_duration = "a duration such as 200ms, 5s or 20m";
constexpr const char* a_positive_duration = "a duration above 0 such as 200ms, 5s or 20m";

std::optional<Duration> positive(std::optional<Duration> length) {
  return length && *length > Duration::zero() ? length : std::nullopt;
}

Problem read_mode(Change& change, const std::string& text) {
  const auto colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const bool has_argument = colon != std::string::npos;
  const std::string argument = has_argument ? text.substr(colon + 1) : "";
  if (name == fail_once && !has_argument) {
    change.mode = Mode::status;
    change.count = 1;
    return std::nullopt;
  }
  if (const auto data = data_mode_from(name); data && !has_argument) {
    change.data = data;
    change.mode = Mode::ok;
    return std::nullopt;
  }
  change.mode = mode_from(name);
  if (!change.mode) return "one of " + join(known_modes());
  if (!has_argument) return std::nullopt;
  switch (*change.mode) {
    case Mode::status:
      return store(change.status, number<int>(argument, 200, 599),
                   "status:CODE with a code from 200 to 599");
    case Mode::redirect:
      return store(change.status, number<int>(argument, 300, 399),
                   "redirect:CODE with a code from 300 to 399");
    case Mode::value:
      if (!nlohmann::json::accept(argument)) return "value:JSON, texts in quotes";
      change.value = argument;
      return std::nullopt;
    default:
      return fmt::format("{} without an argument", name);
  }
}

struct Key {
  const char* name;
  Problem (*read)(Change&, const std::string&);
};

constexpr std::array<Key, 20> keys = {{
    {"mode", read_mode},
    {"status",
     [](Change& c, const std::string& t) {
       return store(c.status, number<int>(t, 200, 599), "a code from 200 to 599");
     }},
    {"to",
     [](Change& c, const std::string& t) -> Problem {
       if (t.empty() || t.find_first_of("\r\n") != std::string::npos) return "a path or a URL";
       c.to = t;
       return std::nullopt;
     }},
    {"value",
     [](Change& c, const std::string& t) -> Problem {
       if (!nlohmann::json::accept(t)) return "a JSON value, texts in quotes";
       c.value = t;
       return std::nullopt;
     }},
    {"every",
     [](Change& c, const std::string& t) {
       return store(c.every, positive(parse_duration(t)), a_positive_duration);
     }},
    {"age",
     [](Change& c, const std::string& t) { return store(c.age, signed_duration(t), a_duration); }},
    {"at",
     [](Change& c, const std::string& t) {
       return store(c.at, instant_of(t), "an instant such as 2026-11-22T10:02:03Z");
     }},
    {"by",
     [](Change& c, const std::string& t) {
       return store(c.by, positive(parse_duration(t)), a_positive_duration);
     }},
    {"sleep",
     [](Change& c, const std::string& t) { return store(c.sleep, parse_duration(t), a_duration); }},
    {"pace",
     [](Change& c, const std::string& t) {
       return store(c.pace, positive(parse_duration(t)), a_positive_duration);
     }},
    {"size",
     [](Change& c, const std::string& t) {
       return store(c.size, size_of(t), "bytes, up to 1024MiB, such as 4096, 64KiB or 10MiB");
     }},
    {"date",
     [](Change& c, const std::string& t) {
       return store(c.date,
                    t == "on" || t == "true"     ? std::optional(true)
                    : t == "off" || t == "false" ? std::optional(false)
                                                 : std::nullopt,
                    "on or off");
     }},
    {"date_offset",
     [](Change& c, const std::string& t) {
       return store(c.date_offset, signed_duration(t), "a duration such as 5m or -5m");
     }},
    {"age_header",
     [](Change& c, const std::string& t) -> Problem {
       if (!t.empty() && !number<int>(t, 0, 1 << 30)) return "seconds, or nothing";
       c.age_header = t;
       return std::nullopt;
     }},
    {"field",
     [](Change& c, const std::string& t) -> Problem {
       if (t.empty())
         return "a dotted path such as data.lastTime or a JSON Pointer such as /items/0/mtime";
       c.field = t;
       return std::nullopt;
     }},
    {"format",
     [](Change& c, const std::string& t) -> Problem {
       if (!is_time_format(t)) return "a pattern with % or one of " + join(time_formats());
       c.format = t;
       return std::nullopt;
     }},
    {"utc_offset",
     [](Change& c, const std::string& t) {
       return store(c.utc_offset, offset_of(t), "an offset such as +02:00");
     }},
    {"digits",
     [](Change& c, const std::string& t) -> Problem {
       if (t == "auto") {
         c.digits = digits_as_needed;
         return std::nullopt;
       }
       return store(c.digits, number<int>(t, 0, 9), "0 to 9, or auto");
     }},
    {"for",
     [](Change& c, const std::string& t) {
       return store(c.for_duration, positive(parse_duration(t)), a_positive_duration);
     }},
    {"count",
     [](Change& c, const std::string& t) {
       return store(c.count, number<std::uint64_t>(t, 1, std::uint64_t{1} << 62),
                    "a number of answers, at least 1");
     }},
}};

/// What only makes sense together.
Problem check_together(const Change& change) {
  const bool positioned = change.data == DataMode::updates || change.data == DataMode::frozen;
  if (change.age && !positioned) return "age belongs to mode updates or frozen";
  if (change.at && change.data != DataMode::frozen) return "at belongs to mode frozen";
  if (change.at && change.age) return "at and age exclude each other";
  if (change.by && change.data != DataMode::older) return "by belongs to mode older";
  if (change.mode == Mode::value && !change.value)
    return "mode value needs a value, as in value:\"soon\"";
  return std::nullopt;
}

}  // namespace

Result<Change> parse_change(const Words& words) {
  Change change;
  for (const auto& [name, text] : words) {
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return name == k.name; });
    if (key == keys.end())
      return Error{fmt::format("unknown key \"{}\"; allowed: {}", escape_untrusted(name),
                               join(known_keys()))};
    if (const Problem expected = key->read(change, text))
      return Error{
          fmt::format("{}: expected {}, got \"{}\"", name, *expected, escape_untrusted(text))};
  }
  if (const Problem problem = check_together(change)) return Error{*problem};
  return change;
}

Result<Words> split_spec(std::string_view spec) {
  if (spec.starts_with('{')) return words_of_json(spec);
  Words words;
  for (std::size_t at = 0; at <= spec.size();) {
    const auto end = std::min(spec.find(',', at), spec.size());
    const std::string_view word = spec.substr(at, end - at);
    const auto equals = word.find('=');
    if (words.empty() && equals == std::string_view::npos)
      words.emplace_back("mode", word);
    else if (equals != std::string_view::npos)
      words.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    else
      return Error{fmt::format("expected key=value, got \"{}\"; allowed keys: {}",
                               escape_untrusted(word), join(known_keys()))};
    at = end + 1;
  }
  return words;
}

Result<Words> words_of_json(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object())
    return Error{"expected a JSON object such as {\"path\": \"/version\", \"mode\": \"frozen\"}"};
  Words words;
  for (const auto& [key, value] : json.items())
    words.emplace_back(
        key, value.is_string() && key != "value" ? value.get<std::string>() : value.dump());
  return words;
}

std::vector<std::string> known_keys() {
  std::vector<std::string> names;
  for (const auto& key : keys) names.emplace_back(key.name);
  return names;
}

}  // namespace stalewatch::mock_server
