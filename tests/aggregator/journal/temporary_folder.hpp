#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace stalewatch::aggregator {

/// A folder that goes with the test.
struct Folder {
  Folder() {
    char name[] = "/tmp/stalewatch-journal-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::filesystem::path path;
};

/// What the sqlite3 command prints for a statement on a file.
inline std::string run_sql(const std::string& file, const std::string& sql) {
  std::string answer;
  FILE* const out = popen(("sqlite3 '" + file + "' \"" + sql + '"').c_str(), "r");
  for (int c = 0; (c = fgetc(out)) != EOF;) answer += static_cast<char>(c);
  pclose(out);
  return answer;
}

}  // namespace stalewatch::aggregator
