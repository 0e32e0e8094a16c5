#include "aggregator/journal/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace stalewatch::aggregator {
namespace {

// So much more than the reserve has to be free: what was just given back is not enough to take it
// again.
constexpr std::int64_t spare_part = 4;
constexpr std::int64_t block = 512;  // what st_blocks counts in

std::string words_of(int error) { return std::generic_category().message(error); }

}  // namespace

DiskReserve::DiskReserve(std::string path, std::int64_t bytes)
    : path_(std::move(path)), bytes_(bytes) {}

bool DiskReserve::held() const {
  struct stat file {};
  return wanted() && stat(path_.c_str(), &file) == 0 && file.st_size >= bytes_ &&
         file.st_blocks * block >= bytes_;
}

std::string DiskReserve::take() {
  if (!wanted() || held()) return {};
  struct statvfs disk {};
  const auto folder = std::filesystem::path(path_).parent_path();
  if (statvfs(folder.empty() ? "." : folder.c_str(), &disk) != 0) return words_of(errno);
  const auto room = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  if (room < static_cast<std::uint64_t>(bytes_ + bytes_ / spare_part))
    return "too little space is left on the disk";
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return words_of(errno);
  const int problem = posix_fallocate(fd, 0, bytes_);
  close(fd);
  if (problem == 0) return {};
  unlink(path_.c_str());
  return words_of(problem);
}

bool DiskReserve::release() {
  if (!wanted()) return false;
  struct stat file {};
  const bool had = stat(path_.c_str(), &file) == 0 && file.st_blocks > 0;
  return unlink(path_.c_str()) == 0 && had;
}

}  // namespace stalewatch::aggregator
