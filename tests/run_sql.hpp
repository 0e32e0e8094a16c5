#pragma once

#include <cstdio>
#include <string>

namespace stalewatch {

/// What the sqlite3 command prints for a statement on a file.
inline std::string run_sql(const std::string& file, const std::string& sql) {
  std::string answer;
  FILE* const out = popen(("sqlite3 '" + file + "' \"" + sql + '"').c_str(), "r");
  for (int c = 0; (c = fgetc(out)) != EOF;) answer += static_cast<char>(c);
  pclose(out);
  return answer;
}

}  // namespace stalewatch
