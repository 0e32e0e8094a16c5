#pragma once

#include "common/config.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"

#include <string>
#include <vector>

namespace stalewatch::cli {

/// Says one Command to the aggregator, as operator, and waits for its Reply: up to 5 s to reach it,
/// up to 30 s for the answer. The error says what was waited for, and where.
Result<Reply> call_aggregator(const TransportConfig& transport, const std::string& word,
                              std::vector<std::string> arguments = {});

}  // namespace stalewatch::cli
