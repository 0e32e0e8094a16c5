#include "cli/check_config.hpp"

#include "cli/written_files.hpp"
#include "common/base/text.hpp"
#include "common/config/reader.hpp"

#include <iostream>

namespace stalewatch::cli {

int check_config(const std::string& file) {
  constexpr int bad_configuration = 2;
  const auto read = read_config(file);
  if (const auto* config = std::get_if<Config>(&read)) {
    std::cout << summarize(*config);
    for (const auto& written : written_files(*config))
      if (const auto why = why_not_writable(written.path); !why.empty())
        std::cout << "warning     " << written.key << ": " << escape_untrusted(written.path)
                  << " cannot be written by who asks here: " << escape_untrusted(why) << "\n";
    return 0;
  }
  const auto& errors = std::get<std::vector<ConfigError>>(read);
  for (const auto& error : errors) std::cerr << line_of("stalewatch check-config", error) << "\n";
  std::cerr << errors.size() << (errors.size() == 1 ? " error" : " errors") << "\n";
  return bad_configuration;
}

}  // namespace stalewatch::cli
