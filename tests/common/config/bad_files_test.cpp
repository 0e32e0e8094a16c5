#include "common/config/environment.hpp"
#include "common/config/reader.hpp"
#include "tests/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace stalewatch {
namespace {

namespace fs = std::filesystem;

ConfigEnvironment environment() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
            if (name == "TEST_HOST") return "a.example";
            if (name == "TEST_SECRET") return "s3cr3t";
            if (name == "HOME") return "/home/op";
            return std::nullopt;
          },
          .file = [](const std::string& path) -> Result<std::string> {
            if (path == "/test/token") return std::string("s3cr3t\n");
            return Error{"No such file or directory"};
          }};
}

std::string errors_of(const fs::path& file) {
  const auto text = read_whole_file(file, 1 << 20);
  REQUIRE(text);
  const auto read = parse_config(*text, file.filename(), environment());
  const auto* errors = std::get_if<std::vector<ConfigError>>(&read);
  if (errors == nullptr) return "no error\n";
  std::string lines;
  for (const auto& error : *errors) lines += to_string(error) + "\n";
  return lines;
}

/// Each tests/data/bad_*.yaml, with the exact messages in the .txt beside it. With
/// STALEWATCH_WRITE_EXPECTED set the .txt files are written instead, to be read before they are
/// committed.
TEST_CASE("each bad file gives exactly its messages", "[config]") {
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(TEST_DATA)) {
    const std::string name = entry.path().filename();
    if (name.rfind("bad_", 0) == 0 && entry.path().extension() == ".yaml")
      files.insert(entry.path());
  }
  CHECK(files.size() >= 40);
  for (const auto& file : files) {
    const fs::path expected = fs::path(file).replace_extension(".txt");
    const std::string lines = errors_of(file);
    if (std::getenv("STALEWATCH_WRITE_EXPECTED") != nullptr) std::ofstream(expected) << lines;
    INFO(file.filename());
    CHECK(lines == *read_whole_file(expected, 1 << 20));
    CHECK(lines.find("s3cr3t") == std::string::npos);
  }
}

}  // namespace
}  // namespace stalewatch
