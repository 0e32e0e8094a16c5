#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace stalewatch {

/// A folder that goes with the test. In /tmp whatever the environment says: the path of a socket in
/// it must stay short.
struct Folder {
  Folder() {
    char name[] = "/tmp/stalewatch-test-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::filesystem::path path;
};

}  // namespace stalewatch
