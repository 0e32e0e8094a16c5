#include "cli/check_config.hpp"

#include "common/config/reader.hpp"

#include <iostream>

namespace stalewatch::cli {

int check_config(const std::string& file) {
  constexpr int bad_configuration = 2;
  const auto read = read_config(file);
  if (const auto* config = std::get_if<Config>(&read)) {
    std::cout << summarize(*config);
    return 0;
  }
  const auto& errors = std::get<std::vector<ConfigError>>(read);
  for (const auto& error : errors) std::cerr << line_of("stalewatch check-config", error) << "\n";
  std::cerr << errors.size() << (errors.size() == 1 ? " error" : " errors") << "\n";
  return bad_configuration;
}

}  // namespace stalewatch::cli
