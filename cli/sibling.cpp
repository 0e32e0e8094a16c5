#include "cli/sibling.hpp"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace stalewatch::cli {

std::string sibling(const std::string& process) {
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto path = folder / ("stalewatch-" + process);
  if (access(path.c_str(), X_OK) != 0)
    throw std::runtime_error(path.string() + " is missing: all executables belong in one folder");
  return path.string();
}

}  // namespace stalewatch::cli
