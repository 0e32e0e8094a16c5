// Any bytes as a configuration file: an answer, no crash, and errors that are fit to be shown. No
// file is read and no variable but these is seen.

#include "common/base/text.hpp"
#include "common/config/environment.hpp"
#include "common/config/reader.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

namespace {

using namespace stalewatch;

const ConfigEnvironment around{
    .variable = [](const std::string& name) -> std::optional<std::string> {
      if (name == "A") return "s3cr3t-value";
      return std::nullopt;
    },
    .file = [](const std::string& path) -> Result<std::string> {
      if (path == "/a") return std::string("s3cr3t-value\n");
      return Error{"no such file"};
    }};

/// One line, printable, without the secret.
void check_shown(const std::string& line) {
  fuzz::require(escape_untrusted(line, line.size() + 1) == line, "a message is one printable line");
  fuzz::require(line.find("s3cr3t-value") == std::string::npos, "a message has no secret");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  if (text.find("s3cr3t") != std::string::npos)
    return 0;  // it may show what stands in the file itself
  const auto read = parse_config(text, "fuzz.yaml", around);
  if (const auto* config = std::get_if<Config>(&read)) {
    for (const auto& server : config->servers) {
      fuzz::require(!server.address.empty() && !server.name.empty(),
                    "a server has address and name");
      fuzz::require(server.timeout <= server.interval, "a probe ends before the next");
      fuzz::require(server.threshold > Duration{}, "a threshold is not 0");
    }
    for (const auto& warning : config->warnings) check_shown(warning);
    fuzz::require(!summarize(*config).empty(), "a summary");
    return 0;
  }
  const auto& errors = std::get<std::vector<ConfigError>>(read);
  fuzz::require(!errors.empty(), "a configuration or errors");
  int line = 0;
  for (const auto& error : errors) {
    fuzz::require(error.line >= line, "errors stand in the order of the lines");
    line = error.line;
    check_shown(to_string(error));
  }
  return 0;
}
