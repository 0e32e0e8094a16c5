#pragma once

#include "tests/catch.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace stalewatch {

inline ino_t inode_of(const std::filesystem::path& path) {
  struct stat file {};
  return stat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

inline bool is_birth_known(const std::filesystem::path& path) {
  struct statx file {};
  return statx(AT_FDCWD, path.c_str(), 0, STATX_BTIME, &file) == 0 &&
         (file.stx_mask & STATX_BTIME) != 0;
}

/// Makes an empty file that has the inode of a deleted one. False where the filesystem gives none
/// again (tmpfs, btrfs), or does not say which of both it is (ext4 with inodes of 128 bytes).
inline bool make_with_inode(const std::filesystem::path& path, ino_t inode) {
  std::vector<std::filesystem::path> fillers;
  bool made = false;
  while (fillers.size() < 1'000) {
    std::ofstream{path};
    made = inode_of(path) == inode;
    if (made) break;
    fillers.push_back(path.string() + ".filler" + std::to_string(fillers.size()));
    std::filesystem::rename(path, fillers.back());
  }
  for (const auto& filler : fillers) std::filesystem::remove(filler);
  if (!made) WARN("this filesystem gives no inode again");
  if (made && !is_birth_known(path)) WARN("this filesystem does not say when a file was born");
  return made && is_birth_known(path);
}

}  // namespace stalewatch
