#include "common/config/suggestions.hpp"

#include "common/base/ascii.hpp"
#include "common/base/text.hpp"

#include <algorithm>

namespace stalewatch {
namespace {

constexpr std::size_t longest_compared = 100;  // bytes; the effort grows with the square

/// The spelling that is to be used.
std::string name_for_people(const std::string& name, const ConfigSchema& schema) {
  const bool old = schema.key != nullptr && schema.key->old_spelling == name;
  return old ? std::string(schema.key->path.substr(schema.key->path.rfind('.') + 1)) : name;
}

/// How far `wrong` is from the part of a name that is nearest to it, parts being runs of its words:
/// "clock_offset" of "max_clock_offset".
std::size_t distance_to_part(std::string_view wrong, std::string_view name) {
  std::size_t least = name.size();
  for (std::size_t begin = 0; begin != name.npos;) {
    for (std::size_t end = begin; end != name.npos;) {
      end = name.find('_', end + 1);
      const auto part = name.substr(begin, end == name.npos ? end : end - begin);
      least = std::min(least, edit_distance(wrong, part));
    }
    begin = name.find('_', begin);
    if (begin != name.npos) ++begin;
  }
  return least;
}

}  // namespace

std::string nearest_key(const ConfigSchema& schema, std::string_view wrong) {
  if (wrong.size() > longest_compared) return "";
  std::string best;
  std::size_t least = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  for (const auto& [name, child] : schema.children) {
    const std::size_t distance = edit_distance(to_lower(wrong), to_lower(name));
    const bool replaces_all = distance >= name.size();
    if (distance >= least || replaces_all) continue;
    least = distance;
    best = name_for_people(name, child);
  }
  return best;
}

std::string nearest_part(const ConfigSchema& schema, std::string_view wrong) {
  constexpr std::size_t shortest = 4;  // shorter ones are part of too much
  if (wrong.size() > longest_compared || wrong.size() < shortest) return "";
  std::string best;
  std::size_t least = wrong.size() / 4 + 1;
  for (const auto& [name, child] : schema.children) {
    const std::size_t distance = distance_to_part(to_lower(wrong), to_lower(name));
    if (distance > least || (distance == least && best.empty())) continue;
    const auto key = name_for_people(name, child);
    if (distance < least) best.clear();
    least = distance;
    if (best.find(key) == best.npos) best += (best.empty() ? "" : " or ") + key;
  }
  return best;
}

std::string key_elsewhere(std::string_view wrong) {
  for (const ConfigSection* section : config_sections())
    for (const ConfigKey& key : section->keys) {
      const std::size_t dot = key.path.rfind('.');
      if (key.path.substr(dot + 1) == wrong || key.old_spelling == wrong)
        return std::string(key.path);
    }
  return "";
}

std::string known_keys(const ConfigSchema& schema) {
  std::string list;
  for (const auto& [name, child] : schema.children) {
    const bool other_spelling =
        child.key != nullptr && (child.from_file || child.key->old_spelling == name);
    if (!other_spelling) list += (list.empty() ? "" : ", ") + name;
  }
  return list;
}

}  // namespace stalewatch
