// Input: a path, a newline, then a body. What is valid is compared with our own check, which also
// says where it is not; what stands there with another reader of JSON.

#include "prober/json_field.hpp"
#include "prober/json_grammar.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

#include <string>

using namespace stalewatch;
using namespace stalewatch::prober;
using nlohmann::json;

namespace {

/// What the other reader says of a body, and how deep it is.
class Judge final : public nlohmann::json_sax<json> {
 public:
  bool accepted = false;
  std::size_t deepest = 0;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t) override { return true; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(json::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool key(std::string&) override { return true; }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override {
    return false;
  }

 private:
  bool open() {
    deepest = std::max(deepest, ++depth_);
    return true;
  }
  std::size_t depth_ = 0;
};

/// The string that a pointer leads to, by the other reader.
std::optional<std::string> string_at(const json& body, const std::string& pointer) {
  try {
    const auto& found = body.at(json::json_pointer(pointer));
    return found.is_string() ? std::optional(found.get<std::string>()) : std::nullopt;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

/// What the other reader refuses: a tilde that escapes nothing, an index from the end.
bool is_ours_alone(std::string_view path) {
  if (path.find("/-") != path.npos) return true;
  for (auto at = path.find('~'); at != path.npos; at = path.find('~', at + 1))
    if (at + 1 >= path.size() || (path[at + 1] != '0' && path[at + 1] != '1')) return true;
  return false;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto line = text.find('\n');
  if (line == text.npos) return 0;
  const auto path = text.substr(0, line), body = text.substr(line + 1);
  const auto found = find_json_field(body, path);
  const bool valid = found.type != JsonField::Type::not_json;
  fuzz::require(valid == found.problem.empty(), "a problem, if it is not JSON");
  constexpr std::string_view mark = "\xef\xbb\xbf";
  const auto text_alone = body.substr(body.starts_with(mark) ? mark.size() : 0);
  fuzz::require(valid != find_json_fault(text_alone).has_value(), "a fault, if it is not JSON");
  if (body.find('\0') != body.npos) return 0;  // where the other reader would stop
  Judge judge;
  judge.accepted = json::sax_parse(body, &judge);
  // levels are counted from 0 and the innermost may hold scalars
  fuzz::require(valid || !judge.accepted || judge.deepest >= max_json_depth,
                "what is JSON we take");

  const bool pointer = path.empty() || path.front() == '/';
  if (!valid || !judge.accepted || !pointer || is_ours_alone(path)) return 0;
  const auto expected = string_at(json::parse(body), std::string(path));
  const bool is_string = found.type == JsonField::Type::string;
  fuzz::require(is_string == expected.has_value(), "a string where one stands");
  if (expected) fuzz::require(found.text == *expected, "the same string");
  return 0;
}
