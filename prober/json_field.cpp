#include "prober/json_field.hpp"

#include "common/base/ascii.hpp"
#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "prober/json_grammar.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace stalewatch::prober {
namespace {

namespace od = simdjson::ondemand;
using simdjson::error_code;

/// Where a walk stands on its way to the field. Compares names in place: this happens for each
/// answer of each target.
class Way {
 public:
  static Way to(std::string_view path) {
    if (path.empty()) return Way(State::arrived, false, {});
    const bool pointer = path.front() == '/';
    return Way(State::on, pointer, pointer ? path.substr(1) : path);
  }

  /// False where nothing below can be the field.
  bool leads() const { return state_ != State::off; }
  bool arrived() const { return state_ == State::arrived; }

  Way through_key(std::string_view key) const {
    return state_ == State::on && is_next(key) ? onward() : Way();
  }

  /// Whether the next part is an index that counts from the end of an array: "-1".
  bool from_end() const {
    const auto part = state_ == State::on ? next() : std::string_view();
    return part.size() > 1 && part[0] == '-' &&
           part.find_first_not_of("0123456789", 1) == part.npos;
  }

  /// As RFC 6901 has it: digits without leading zeros. `count`: of all elements, if from_end().
  Way through_index(std::size_t index, std::size_t count) const {
    if (state_ != State::on) return Way();
    std::array<char, 24> digits;
    const auto* const end =
        std::to_chars(digits.begin(), digits.end(), from_end() ? count - index : index).ptr;
    const auto part = next().substr(from_end() ? 1 : 0);
    return part == std::string_view(digits.begin(), end) ? onward() : Way();
  }

 private:
  enum class State { off, on, arrived };

  Way() = default;
  Way(State state, bool pointer, std::string_view rest)
      : state_(state), pointer_(pointer), rest_(rest) {}

  std::string_view next() const { return rest_.substr(0, rest_.find(pointer_ ? '/' : '.')); }

  bool is_next(std::string_view key) const {
    const auto name = next();
    if (!pointer_ || name.find('~') == name.npos) return key == name;
    std::size_t k = 0;
    for (std::size_t i = 0; i < name.size(); ++i, ++k) {
      char c = name[i];
      if (c == '~' && i + 1 < name.size() && (name[i + 1] == '0' || name[i + 1] == '1'))
        c = name[++i] == '0' ? '~' : '/';
      if (k >= key.size() || key[k] != c) return false;
    }
    return k == key.size();
  }

  Way onward() const {
    const auto length = next().size();
    if (length == rest_.size()) return Way(State::arrived, pointer_, {});
    return Way(State::on, pointer_, rest_.substr(length + 1));
  }

  State state_ = State::off;
  bool pointer_ = false;
  std::string_view rest_;
};

/// Walks over everything, since simdjson's on-demand reader checks only what is read; its other
/// reader would refuse valid numbers that fit no machine type, and does not keep the digits of the
/// others.
class Walk {
 public:
  explicit Walk(JsonField& found) : found_(found) {}

  /// `value`: an ondemand::value, or the document.
  error_code value(auto& value, Way way, std::size_t depth) {
    if (depth > max_json_depth) return simdjson::DEPTH_ERROR;
    od::json_type type = od::json_type::number;  // NaN begins as no type does
    if (const auto error = value.type().get(type); error && error != simdjson::TAPE_ERROR)
      return error;
    switch (type) {
      case od::json_type::object:
        if (way.arrived()) found_.type = JsonField::Type::object;
        return object(value, way, depth);
      case od::json_type::array:
        if (way.arrived()) found_.type = JsonField::Type::array;
        return array(value, way, depth);
      case od::json_type::string:
        return string(value, way.arrived());
      default:
        break;
    }
    std::string_view text;
    if (const auto error =
            simdjson::simdjson_result<std::string_view>(value.raw_json_token()).get(text))
      return error;
    return token(text, way.arrived());
  }

  /// Whatever is neither object, array nor string, perhaps with white space around it.
  error_code token(std::string_view text, bool here) {
    text = trimmed(text);
    const bool truth = text == "true" || text == "false";
    if (!truth && text != "null" && !is_json_number(text)) return simdjson::TAPE_ERROR;
    if (here)
      found_ = truth            ? JsonField{JsonField::Type::boolean, {}, {}}
               : text == "null" ? JsonField{JsonField::Type::null, {}, {}}
                                : JsonField{JsonField::Type::number, std::string(text), {}};
    return simdjson::SUCCESS;
  }

 private:
  error_code object(auto& value, Way way, std::size_t depth) {
    od::object members;
    if (const auto error = value.get_object().get(members)) return error;
    for (auto next : members) {
      od::field member;
      if (const auto error = std::move(next).get(member)) return error;
      std::string_view key;
      if (const auto error = member.unescaped_key().get(key)) return error;
      const Way inner = way.through_key(key);
      if (inner.leads()) found_ = {};  // what an earlier member of this key led to does not count
      if (const auto error = this->value(member.value(), inner, depth + 1)) return error;
    }
    return simdjson::SUCCESS;
  }

  error_code array(auto& value, Way way, std::size_t depth) {
    od::array elements;
    if (const auto error = value.get_array().get(elements)) return error;
    std::size_t index = 0, count = 0;
    if (way.from_end())
      if (const auto error = elements.count_elements().get(count)) return error;
    for (auto next : elements) {
      od::value element;
      if (const auto error = std::move(next).get(element)) return error;
      if (const auto error = this->value(element, way.through_index(index++, count), depth + 1))
        return error;
    }
    return simdjson::SUCCESS;
  }

  error_code string(auto& value, bool here) {
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return error;
    if (here) found_ = {JsonField::Type::string, std::string(text), {}};
    return simdjson::SUCCESS;
  }

  JsonField& found_;
};

/// What stands around a place, for people.
std::string around(std::string_view text, std::size_t at) {
  constexpr std::size_t before = 20, shown = 40;
  if (at <= before) return std::string(cut_to_bytes(text, shown));
  return "..." + std::string(cut_to_bytes(from_byte(text, at - before), shown));
}

JsonField not_json(error_code error, std::string_view text) {
  JsonField field{.type = JsonField::Type::not_json, .text = {}, .problem = {}};
  if (const auto fault = find_json_fault(text)) {
    field.problem = fault->problem;
    if (fault->problem != "empty") field.problem += " at " + place_in(text, fault->at);
    field.text = around(text, fault->at);
  } else {
    field.problem = simdjson::error_message(error);  // too large, or no memory to read it
  }
  return field;
}

error_code read(std::string_view body, std::string_view path, JsonField& found) {
  // Kept, since both grow to the size of the largest answer and an allocation for each would cost
  // more than reading.
  thread_local od::parser parser;
  thread_local std::string padded;
  padded.assign(body);
  padded.append(simdjson::SIMDJSON_PADDING, ' ');
  od::document document;
  if (const auto error = parser.iterate(padded.data(), body.size(), padded.size()).get(document))
    return error;
  Walk walk(found);
  const Way way = Way::to(path);
  bool scalar = true;  // NaN, too, of which simdjson knows no type
  if (const auto error = document.is_scalar().get(scalar); error && error != simdjson::TAPE_ERROR)
    return error;
  // simdjson does not look at what follows a lone number, true or null: there, the body is the
  // token.
  if (scalar && !trimmed(body).starts_with('"')) return walk.token(body, way.arrived());
  if (const auto error = walk.value(document, way, 0)) return error;
  const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

}  // namespace

JsonField find_json_field(std::string_view body, std::string_view path) {
  body = without_byte_order_mark(body);
  JsonField found;
  auto error = read(body, path, found);
  if (!error) return found;
  if (error != simdjson::UTF8_ERROR && error != simdjson::STRING_ERROR)
    return not_json(error, body);
  std::string mended = to_valid_utf8(body);
  replace_lone_surrogates(mended);
  found = {};
  error = read(mended, path, found);
  return error ? not_json(error, mended) : found;
}

}  // namespace stalewatch::prober
