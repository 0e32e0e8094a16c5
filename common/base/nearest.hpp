#pragma once

// What was perhaps meant by a word that is not known. Pure.

#include <span>
#include <string>
#include <string_view>

namespace stalewatch {

/// The known word that is at most two slips of the keyboard away from `wrong`, the nearest of them;
/// "" when there is none, or when nothing of it would be left.
std::string_view nearest_word(std::string_view wrong, std::span<const std::string> known);

}  // namespace stalewatch
