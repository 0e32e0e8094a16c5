#pragma once

// What the tests of the configuration share.

#include "common/config/environment.hpp"
#include "common/config/reader.hpp"
#include "tests/catch.hpp"

#include <map>
#include <string>
#include <vector>

namespace stalewatch {

/// An environment of the test's own.
inline ConfigEnvironment environment(std::map<std::string, std::string> variables = {},
                                     std::map<std::string, std::string> files = {}) {
  variables.emplace("HOME", "/home/op");
  return {.variable = [variables](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
          },
          .file = [files](const std::string& path) -> Result<std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return Error{"no such file"};
            return found->second;
          }};
}

inline Config good(const std::string& text, const ConfigEnvironment& around = environment()) {
  const auto read = parse_config(text, "test.yaml", around);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&read))
    for (const auto& error : *errors) FAIL_CHECK(to_string(error));
  REQUIRE(std::holds_alternative<Config>(read));
  return std::get<Config>(read);
}

inline const std::string one_server = "servers: {A: {address: 'http://a/'}}\n";

inline std::string first_error(const std::string& text,
                               const ConfigEnvironment& around = environment(),
                               ConfigUser user = ConfigUser::everybody) {
  const auto read = parse_config(text, "test.yaml", around, user);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&read);
  return errors == nullptr ? "no error" : to_string(errors->at(0));
}

}  // namespace stalewatch
