#pragma once

#include <string>

namespace stalewatch::cli {

/// `stalewatch check-config FILE`: every error of the file on stderr and 2, or on stdout what would
/// run and 0.
int check_config(const std::string& file);

}  // namespace stalewatch::cli
