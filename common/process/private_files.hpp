#pragma once

// What only its owner may read, however the process was started: a umask takes rights away and
// never says which must be.

#include <sys/types.h>

#include <filesystem>
#include <system_error>

namespace stalewatch {

/// Makes the folder and those above it that are missing: for their owner alone (0700) when it is
/// the state directory or below it, as the umask says otherwise. What is there stays as it is.
std::error_code make_folders(const std::filesystem::path& folder);

/// Whether only its owner can enter the folder; "": where the process is.
bool is_private_folder(const std::filesystem::path& folder);

/// Makes an empty file for its owner alone (0600) where there is none, for a library that would
/// make it with more. Where that fails, the library says why.
void make_private_file(const std::filesystem::path& file);

/// While it lives, whatever the process makes is for its owner alone. All threads: for moments.
class PrivateUmask {
 public:
  PrivateUmask();
  ~PrivateUmask();
  PrivateUmask(const PrivateUmask&) = delete;
  PrivateUmask& operator=(const PrivateUmask&) = delete;

 private:
  mode_t before_;
};

}  // namespace stalewatch
