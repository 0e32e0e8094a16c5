#pragma once

// From one value's text to what a key wants. Pure.

#include "common/base/result.hpp"
#include "common/config/schema.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace stalewatch {

/// Reads a single value as `key` wants it, checks its range and choices. `shown` is the text as the
/// file has it (before
/// ${VAR} was expanded): the only one that an error quotes, and not even that for secrets. Of a
/// list, one of its texts.
Result<ConfigValue> read_value(const ConfigKey& key, const std::string& text,
                               std::string_view shown);

/// "1MiB", "10 MB", "512KiB", "4096": bytes.
std::optional<std::int64_t> parse_size(std::string_view text);
/// parse_size's inverse: "1MiB", "100KiB", "1000 bytes".
std::string format_size(std::int64_t bytes);

/// yes/no, on/off, true/false in any case.
std::optional<bool> parse_boolean(std::string_view text);

/// "logging.INFO", "WARNING", "warn", "20" and "info" to the names that spdlog and the reference
/// page use.
std::optional<std::string> parse_level(std::string_view text);

}  // namespace stalewatch
