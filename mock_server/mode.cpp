#include "mock_server/mode.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace stalewatch::mock_server {
namespace {

constexpr std::array<std::pair<std::string_view, Mode>, 21> mode_names = {{
    {"ok", Mode::ok},
    {"status", Mode::status},
    {"redirect", Mode::redirect},
    {"refuse", Mode::refuse},
    {"reset", Mode::reset},
    {"close_mid_body", Mode::close_mid_body},
    {"hang", Mode::hang},
    {"trickle", Mode::trickle},
    {"big_body", Mode::big_body},
    {"gzip_bomb", Mode::gzip_bomb},
    {"gzip", Mode::gzip},
    {"chunked", Mode::chunked},
    {"html", Mode::html},
    {"truncated_json", Mode::truncated_json},
    {"empty", Mode::empty},
    {"invalid_utf8", Mode::invalid_utf8},
    {"field_missing", Mode::field_missing},
    {"field_null", Mode::field_null},
    {"field_object", Mode::field_object},
    {"value", Mode::value},
    {"success_false", Mode::success_false},
}};

constexpr std::array<std::pair<std::string_view, DataMode>, 3> data_names = {{
    {"updates", DataMode::updates},
    {"frozen", DataMode::frozen},
    {"older", DataMode::older},
}};

template <typename T, std::size_t N>
std::optional<T> find(const std::array<std::pair<std::string_view, T>, N>& names,
                      std::string_view name) {
  for (const auto& [known, value] : names)
    if (known == name) return value;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Mode mode) {
  for (const auto& [name, value] : mode_names)
    if (value == mode) return name;
  return "?";
}

std::optional<Mode> mode_from(std::string_view name) { return find(mode_names, name); }

std::optional<DataMode> data_mode_from(std::string_view name) { return find(data_names, name); }

std::vector<std::string> known_modes() {
  std::vector<std::string> names;
  for (const auto& [name, mode] : data_names) names.emplace_back(name);
  for (const auto& [name, mode] : mode_names) names.emplace_back(name);
  names.emplace_back(fail_once);
  return names;
}

std::string join(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace stalewatch::mock_server
