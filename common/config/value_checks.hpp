#pragma once

// What a value of the right type may still have wrong: "" or what it is. None quotes the value,
// which may have come from a variable that holds a secret.

#include "common/config/schema.hpp"

#include <string>

namespace stalewatch {

std::string check_not_empty(const ConfigValue& value);
std::string check_http_url(const ConfigValue& value);
std::string check_name(const ConfigValue& value);
std::string check_reminders(const ConfigValue& value);
std::string check_time_field(const ConfigValue& value);
std::string check_time_format(const ConfigValue& value);
std::string check_timezone(const ConfigValue& value);
std::string check_basic_auth(const ConfigValue& value);
std::string check_headers(const ConfigValue& value);
std::string check_proxy(const ConfigValue& value);
std::string check_level(const ConfigValue& value);
std::string check_engine(const ConfigValue& value);
std::string check_table(const ConfigValue& value);
std::string check_endpoint(const ConfigValue& value);

}  // namespace stalewatch
