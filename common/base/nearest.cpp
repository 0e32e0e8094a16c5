#include "common/base/nearest.hpp"

#include "common/base/text.hpp"

namespace stalewatch {

std::string_view nearest_word(std::string_view wrong, std::span<const std::string> known) {
  constexpr std::size_t slips = 2;
  std::string_view nearest;
  std::size_t least = slips + 1;
  for (const auto& word : known) {
    if (wrong.size() > word.size() + slips) continue;  // the effort grows with the square
    const std::size_t distance = edit_distance(wrong, word);
    const bool replaces_all = distance >= word.size();
    if (distance >= least || replaces_all) continue;
    least = distance;
    nearest = word;
  }
  return nearest;
}

}  // namespace stalewatch
