#pragma once

#include <string>

namespace stalewatch::cli {

/// Path of the executable of a process ("notifier"), which lies in the folder of our own: of the
/// same build. Throws std::runtime_error when it is missing.
std::string sibling(const std::string& process);

}  // namespace stalewatch::cli
