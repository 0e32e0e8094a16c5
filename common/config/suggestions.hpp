#pragma once

// What was perhaps meant by a key that is not known. Pure.

#include "common/config/schema.hpp"

#include <string>
#include <string_view>

namespace stalewatch {

/// The known key that was perhaps meant, or "".
std::string nearest_key(const ConfigSchema& schema, std::string_view wrong);

/// The known keys of which `wrong` is nearly a part, or "". "threshold" may be several's: "a or b".
std::string nearest_part(const ConfigSchema& schema, std::string_view wrong);

/// The full path of a key with this name elsewhere in the file, or "".
std::string key_elsewhere(std::string_view wrong);

/// All that are known, separated by commas; of several spellings the right one.
std::string known_keys(const ConfigSchema& schema);

}  // namespace stalewatch
