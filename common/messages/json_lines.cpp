#include "common/messages/json_lines.hpp"

#include "common/base/text.hpp"
#include "common/messages/names.hpp"
#include "common/times/time_texts.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cstdio>
#include <map>

namespace stalewatch {
namespace {

// ---- writing ----

void put(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : to_valid_utf8(text)) {
    if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape;
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Seconds as a decimal number, exact: no double is between the microseconds and the text.
void put(std::string& out, Duration d) {
  const bool negative = d.count() < 0;
  const auto bits = static_cast<std::uint64_t>(d.count());
  const std::uint64_t us = negative ? 0 - bits : bits;
  std::array<char, 40> number;
  std::snprintf(number.data(), number.size(), "%s%llu.%06llu", negative ? "-" : "",
                static_cast<unsigned long long>(us / 1'000'000),
                static_cast<unsigned long long>(us % 1'000'000));
  std::string text = number.data();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  out += text;
}

void put(std::string& out, Timestamp t) { out += '"' + format_utc(t) + '"'; }
void put(std::string& out, Outcome outcome) { out += '"' + std::string(name_of(outcome)) + '"'; }
void put(std::string& out, const EventKind& kind) { out += '"' + std::string(name_of(kind)) + '"'; }
void put(std::string& out, bool value) { out += value ? "true" : "false"; }
template <typename T>
requires(std::is_integral_v<T>) void put(std::string& out, T value) {
  out += std::to_string(value);
}

template <typename T>
void put_member(std::string& out, std::string_view name, const T& value) {
  out += out.empty() ? "{\"" : ",\"";
  out.append(name).append("\":");
  put(out, value);
}

template <typename T>
void put_member(std::string& out, std::string_view name, const std::optional<T>& value) {
  if (value) put_member(out, name, *value);
}

// ---- reading ----

/// A member's value as it was written: text for strings, the digits for numbers.
struct Value {
  enum class Type { boolean, number, string, nested };
  Type type = Type::boolean;
  std::string text;
};

/// Keeps the members of the outermost object; names, because nlohmann's interface has them.
class Members final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::map<std::string, Value, std::less<>> values;
  bool is_object = false;
  std::string problem;

  bool null() override {
    if (depth_ == 1) values.erase(key_);  // as good as absent
    return true;
  }
  bool boolean(bool b) override { return keep(Value::Type::boolean, b ? "true" : "false"); }
  bool number_integer(std::int64_t n) override {
    return keep(Value::Type::number, std::to_string(n));
  }
  bool number_unsigned(std::uint64_t n) override {
    return keep(Value::Type::number, std::to_string(n));
  }
  bool number_float(double, const std::string& digits) override {
    return keep(Value::Type::number, digits);
  }
  bool string(std::string& text) override { return keep(Value::Type::string, text); }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // not in JSON text
  bool start_object(std::size_t) override {
    if (depth_ == 0) is_object = true;
    return open();
  }
  bool key(std::string& name) override {
    if (depth_ == 1) key_ = name;
    return true;
  }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::json::exception& error) override {
    problem = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ...": the library's name
    // for it, and the line, which is always the first, help nobody.
    if (const auto end = problem.find(": "); end != problem.npos) problem.erase(0, end + 2);
    return false;
  }

 private:
  bool open() {
    keep(Value::Type::nested, {});
    ++depth_;
    return true;
  }
  bool keep(Value::Type type, std::string text) {
    if (depth_ == 1 && is_object) values[key_] = {type, std::move(text)};
    return true;
  }

  std::size_t depth_ = 0;
  std::string key_;
};

Result<Members> members_of(std::string_view line) {
  if (line.find('\0') != line.npos) return Error{"not JSON: a NUL"};  // nlohmann would stop there
  try {
    Members members;
    if (!nlohmann::json::sax_parse(line, &members))
      return Error{"not JSON: " + escape_untrusted(members.problem)};
    if (!members.is_object) return Error{"not a JSON object"};
    return members;
  } catch (const std::exception& error) {
    return Error{"not JSON: " + escape_untrusted(error.what())};
  }
}

/// Each `get` sets `to`, or says what the value is not.
using Problem = std::optional<std::string>;

Problem get(const Value& value, std::string& to) {
  if (value.type != Value::Type::string) return "is not a string";
  to = value.text;
  return std::nullopt;
}

Problem get(const Value& value, bool& to) {
  if (value.type != Value::Type::boolean) return "is not true or false";
  to = value.text == "true";
  return std::nullopt;
}

template <typename T>
requires(std::is_integral_v<T>) Problem get(const Value& value, T& to) {
  const auto* const end = value.text.data() + value.text.size();
  const auto read = std::from_chars(value.text.data(), end, to);
  if (value.type != Value::Type::number || read.ec != std::errc() || read.ptr != end)
    return "is not a whole number in its range";
  return std::nullopt;
}

Problem get(const Value& value, Timestamp& to) {
  if (value.type != Value::Type::string) return "is not a time as text";
  const auto written = read_rfc3339(value.text);
  if (!written) return "is not a time: " + written.error();
  if (!written->offset) return "is a time without an offset";
  to = written->clock - *written->offset;
  return std::nullopt;
}

Problem get(const Value& value, Duration& to) {
  if (value.type != Value::Type::number) return "is not a number of seconds";
  const auto seconds = read_epoch(value.text, EpochUnit::s);
  if (!seconds) return "is not a number of seconds: " + seconds.error();
  to = seconds->time_since_epoch();
  return std::nullopt;
}

template <typename T>
Problem get_named(const Value& value, T& to, std::optional<T> (*from)(std::string_view)) {
  const auto known = value.type == Value::Type::string ? from(value.text) : std::nullopt;
  if (!known) return "is not a known name: \"" + escape_untrusted(value.text, 40) + '"';
  to = *known;
  return std::nullopt;
}
Problem get(const Value& value, Outcome& to) { return get_named(value, to, outcome_from); }
Problem get(const Value& value, EventKind& to) { return get_named(value, to, event_kind_from); }

template <typename T>
Problem get(const Value& value, std::optional<T>& to) {
  return get(value, to.emplace());
}

/// Reads members one after the other until one is wrong.
class Reader {
 public:
  explicit Reader(const Members& members) : members_(members) {}

  template <typename T>
  void read(std::string_view name, T& to) {
    const auto found = members_.values.find(name);
    if (!problem_.empty() || found == members_.values.end()) return;
    if (const auto problem = get(found->second, to)) fail(name, *problem);
  }

  bool has(std::string_view name) const { return members_.values.contains(name); }
  void require(std::string_view name) {
    if (problem_.empty() && !has(name)) fail(name, "is missing");
  }
  void fail(std::string_view name, const std::string& problem) {
    problem_ = '"' + std::string(name) + "\" " + problem;
  }
  const std::string& problem() const { return problem_; }

 private:
  const Members& members_;
  std::string problem_;
};

}  // namespace

std::string to_json_line(const NamedSample& named) {
  std::string out;
  put_member(out, "prober", named.prober);
  put_member(out, "target", named.target);
  for_each_field(named.sample, [&](std::string_view name, const auto& value) {
    if (name != "target") put_member(out, name, value);  // the id means nothing outside
  });
  return out + '}';
}

std::string to_json_line(const Event& event) {
  std::string out;
  for_each_field(event, [&](const char* name, const auto& value) { put_member(out, name, value); });
  return out + '}';
}

Result<NamedSample> sample_from_json(std::string_view line) {
  const auto members = members_of(line);
  if (!members) return Error{members.error()};
  Reader reader(*members);
  for (const auto* name : {"target", "probed_at", "outcome"}) reader.require(name);
  NamedSample named;
  reader.read("prober", named.prober);
  reader.read("target", named.target);
  for_each_field(named.sample, [&](std::string_view name, auto& value) {
    if (name != "target") reader.read(name, value);
  });
  const bool ok = named.sample.outcome == Outcome::ok;
  if (reader.problem().empty() && ok != named.sample.computed_at.has_value())
    reader.fail("computed_at", ok ? "is missing" : "is there though the outcome is not ok");
  if (!reader.problem().empty()) return Error{reader.problem()};
  if (!reader.has("since")) named.sample.since = named.sample.probed_at;
  return named;
}

Result<Event> event_from_json(std::string_view line) {
  auto read = event_line_from_json(line);
  if (!read) return Error{read.error()};
  return std::move(read->event);
}

Result<EventLine> event_line_from_json(std::string_view line) {
  const auto members = members_of(line);
  if (!members) return Error{members.error()};
  Reader reader(*members);
  for (const auto* name : {"kind", "at"}) reader.require(name);
  EventLine read{.event = {}, .has_seq = reader.has("seq")};
  Event& event = read.event;
  for_each_field(event, [&](const char* name, auto& value) { reader.read(name, value); });
  if (!reader.problem().empty()) return Error{reader.problem()};
  if (!reader.has("decided_at")) event.decided_at = event.at;
  return read;
}

}  // namespace stalewatch
