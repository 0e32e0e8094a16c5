#pragma once

#include "common/config/config.hpp"

#include <string>
#include <vector>

namespace stalewatch::cli {

/// A file that one of the processes writes.
struct WrittenFile {
  std::string key;   ///< the configuration's: "journal.path"
  std::string path;  ///< absolute
  bool needed;       ///< the process does not run without it
};

std::vector<WrittenFile> written_files(const Config& config);

/// Why we could not write the file, or make it and its folders; "" when nothing is in the way.
/// Makes and changes nothing.
std::string why_not_writable(const std::string& path);

}  // namespace stalewatch::cli
