#include "common/process/file_lock.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace stalewatch {
namespace {

std::error_code refusal(const std::string& path) {
  try {
    const FileLock lock(path);
  } catch (const std::system_error& error) {
    CHECK(std::string(error.what()).find(path) != std::string::npos);
    return error.code();
  }
  return {};
}

}  // namespace

TEST_CASE("a lock is held by one at a time, until it is released or handed on", "[process]") {
  const Folder folder;
  const auto path = folder.file("lock");
  FileLock first(path);
  CHECK(first.is_held());
  CHECK(refusal(path) == std::errc::operation_would_block);
  FileLock second(std::move(first));
  CHECK_FALSE(first.is_held());
  CHECK(refusal(path) == std::errc::operation_would_block);
  second.release();
  CHECK(refusal(path) == std::error_code());
  { const FileLock third(path); }
  CHECK(refusal(path) == std::error_code());
}

TEST_CASE("a lock whose file is gone is known, for another may be made", "[process]") {
  const Folder folder;
  const FileLock lock(folder.file("lock"));
  CHECK(lock.has_path());
  std::filesystem::remove(folder.file("lock"));
  CHECK(lock.is_held());
  CHECK_FALSE(lock.has_path());
  CHECK_FALSE(FileLock().has_path());
}

TEST_CASE("a lock's file keeps what it holds, is no link, and its owner's alone", "[process]") {
  const Folder folder;
  const auto path = folder.file("lock");
  std::ofstream(path) << "note";
  {
    const FileLock lock(path);
    CHECK(std::filesystem::file_size(path) == 4);
    CHECK(pwrite(lock.fd(), "NOTE", 4, 0) == 4);
  }
  CHECK(pwrite(FileLock(path, false).fd(), "note", 4, 0) == -1);
  std::filesystem::create_symlink(path, folder.file("link"));
  CHECK(refusal(folder.file("link")) == std::errc::too_many_symbolic_link_levels);
  CHECK(refusal(folder.file("none/lock")) == std::errc::no_such_file_or_directory);
  const FileLock made(folder.file("made"));
  struct stat file {};
  REQUIRE(fstat(made.fd(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
}

}  // namespace stalewatch
