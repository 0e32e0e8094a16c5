#include "common/process/private_files.hpp"

#include "common/config/environment.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace stalewatch {
namespace {

constexpr mode_t folder_mode = S_IRWXU;
constexpr mode_t file_mode = S_IRUSR | S_IWUSR;
constexpr mode_t of_others = S_IRWXG | S_IRWXO;

bool is_in_state_directory(const std::filesystem::path& folder) {
  const std::filesystem::path state(absolute_path(state_directory(process_environment())));
  const auto below = std::filesystem::path(absolute_path(folder)).lexically_relative(state);
  return !below.empty() && *below.begin() != "..";
}

std::error_code make(const std::filesystem::path& folder, bool is_ours) {
  std::error_code unknown;
  if (folder.empty() || std::filesystem::is_directory(folder, unknown)) return {};
  if (const auto above = folder.parent_path(); above != folder)
    if (const auto error = make(above, is_ours)) return error;
  if (mkdir(folder.c_str(), is_ours ? folder_mode : 0777) == 0) {
    if (is_ours) chmod(folder.c_str(), folder_mode);  // the umask may have taken rights of ours
    return {};
  }
  if (errno != EEXIST) return {errno, std::generic_category()};
  // Another process has made it meanwhile, or it is none.
  if (std::filesystem::is_directory(folder, unknown)) return {};
  return std::make_error_code(std::errc::not_a_directory);
}

}  // namespace

std::error_code make_folders(const std::filesystem::path& folder) {
  return make(folder, is_in_state_directory(folder));
}

bool is_private_folder(const std::filesystem::path& folder) {
  struct stat found {};
  return stat(folder.empty() ? "." : folder.c_str(), &found) == 0 &&
         (found.st_mode & of_others) == 0;
}

void make_private_file(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, file_mode);
  if (fd >= 0) close(fd);
}

PrivateUmask::PrivateUmask() : before_(umask(of_others | S_IXUSR)) {}
PrivateUmask::~PrivateUmask() { umask(before_); }

}  // namespace stalewatch
