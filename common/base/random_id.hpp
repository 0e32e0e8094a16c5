#pragma once

#include <string>

namespace stalewatch {

/// A random 128-bit identifier, 32 hexadecimal digits: instances, boots, journals.
std::string random_id();

}  // namespace stalewatch
