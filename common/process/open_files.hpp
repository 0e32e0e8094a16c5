#pragma once

#include <cstddef>

namespace stalewatch {

/// Raises the limit of open files, connections among them, as far as the system lets it (often 1024
/// at first). The limit that is in force then.
std::size_t raise_open_files_limit();

}  // namespace stalewatch
