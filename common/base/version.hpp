#pragma once

#include <string_view>

namespace stalewatch {

/// The program's version, from CMakeLists.txt: for --version, Hello and the metrics.
inline constexpr std::string_view program_version = STALEWATCH_VERSION;

}  // namespace stalewatch
