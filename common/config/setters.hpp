#pragma once

// How a value read from the file reaches its place; used by the tables of keys only.

#include "common/base/web_address.hpp"
#include "common/config/schema.hpp"

#include <type_traits>

namespace stalewatch {

inline constexpr std::int64_t us_per_ms = 1000;
inline constexpr std::int64_t us_per_second = 1000 * us_per_ms;
inline constexpr std::int64_t us_per_hour = 3600 * us_per_second;
inline constexpr std::int64_t us_per_day = 24 * us_per_hour;

template <typename T>
void assign_value(T& place, const ConfigValue& value) {
  if constexpr (std::is_same_v<T, Secret>)
    place = Secret(std::get<std::string>(value));
  else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
    place = static_cast<T>(std::get<std::int64_t>(value));  // the key's range fits the type
  else
    place = std::get<T>(value);
}

template <auto Member>
void set_server(ConfigDraft& draft, const ConfigValue& value) {
  assign_value(draft.server->*Member, value);
}

template <auto Member>
void set_config(ConfigDraft& draft, const ConfigValue& value) {
  assign_value(draft.config.*Member, value);
}

template <auto Section, auto Member>
void set_in(ConfigDraft& draft, const ConfigValue& value) {
  assign_value(draft.config.*Section.*Member, value);
}

template <typename Class, typename T>
Class class_of(T Class::*);

/// Of the section's own values, Config::section<...>().
template <auto Member>
void set_own(ConfigDraft& draft, const ConfigValue& value) {
  assign_value(draft.config.sections.edit<decltype(class_of(Member))>().*Member, value);
}

/// An address (check_http_url) as it is sent, for set_own and its kin.
inline ConfigValue to_send(const ConfigValue& value) {
  return *address_to_send(std::get<std::string>(value));
}

/// Of the parts of what is put together after the last line.
template <auto Member>
void set_part(ConfigDraft& draft, const ConfigValue& value) {
  assign_value(draft.parts.edit<decltype(class_of(Member))>().*Member, value);
}

}  // namespace stalewatch
