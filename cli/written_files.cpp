#include "cli/written_files.hpp"

#include "common/config/environment.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace stalewatch::cli {

namespace fs = std::filesystem;

std::vector<WrittenFile> written_files(const Config& config) {
  std::vector<WrittenFile> files;
  const auto add = [&](const char* key, const std::string& path, bool needed) {
    if (!path.empty()) files.push_back({key, absolute_path(path), needed});
  };
  add("journal.path", config.journal_path, true);
  add("notifier.state", config.notifier_state, true);
  if (config.database.engine == DatabaseConfig::Engine::sqlite)
    add("credentials.DB.db", config.database.database, true);
  const auto& transport = config.transport;
  const std::pair<const char*, const std::string&> sockets[] = {
      {"transport.samples", transport.samples},
      {"transport.control", transport.control},
      {"transport.events", transport.events}};
  for (const auto& [key, endpoint] : sockets)
    if (endpoint.starts_with("ipc:///")) add(key, endpoint.substr(6), true);
  add("logs.filename", config.logs.filename, false);  // the other sinks tell of it
  return files;
}

std::string why_not_writable(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return "is a directory";
  if (fs::exists(path, error) && access(path.c_str(), R_OK | W_OK) != 0)
    return std::strerror(errno);
  fs::path folder = fs::path(path).parent_path();
  for (; !fs::exists(folder, error) && folder != folder.root_path(); folder = folder.parent_path())
    if (error == std::errc::permission_denied) return folder.string() + ": " + error.message();
  if (!fs::is_directory(folder, error)) return folder.string() + " is no folder";
  if (access(folder.c_str(), W_OK | X_OK) == 0) return "";
  return "the folder " + folder.string() + ": " + std::strerror(errno);
}

}  // namespace stalewatch::cli
