#pragma once

// What a value of the right type may still have wrong: "" or what it is. None quotes the value,
// which may have come from a variable that holds a secret. Here are the checks that several
// sections use, and what checks are made of.

#include "common/config/schema.hpp"

#include <string>

namespace stalewatch {

const std::string& text_of(const ConfigValue& value);
/// "1" to "65535".
bool is_port(const std::string& text);

std::string check_not_empty(const ConfigValue& value);
std::string check_http_url(const ConfigValue& value);
std::string check_name(const ConfigValue& value);
std::string check_headers(const ConfigValue& value);
std::string check_proxy(const ConfigValue& value);

}  // namespace stalewatch
