#pragma once

#include "prober/transfer.hpp"

namespace stalewatch::prober {

/// What a CURLcode says of a transfer.
Fault fault_of(int curl_code);

}  // namespace stalewatch::prober
