#include "aggregator/journal/lock.hpp"

#include "common/process/private_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace stalewatch::aggregator {

void make_journal_folder(const std::filesystem::path& folder) {
  if (const auto error = make_folders(folder))
    throw std::runtime_error("journal.path: cannot make the folder " + folder.string() + ": " +
                             error.message());
}

JournalLock::JournalLock(const std::string& journal_path)
    : journal_path_(journal_path), path_(journal_path + ".lock") {
  take();
}

void JournalLock::take() {
  if (const auto folder = std::filesystem::path(path_).parent_path(); !folder.empty())
    make_journal_folder(folder);
  fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) throw std::runtime_error("cannot open " + path_ + ": " + std::strerror(errno));
  std::array<char, 256> bytes{};
  const auto length = pread(fd_, bytes.data(), bytes.size(), 0);
  std::istringstream text(
      std::string(bytes.data(), length > 0 ? static_cast<std::size_t>(length) : 0));
  std::string holder;
  text >> holder >> before_.journal >> before_.head;
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    close(fd_);
    fd_ = -1;
    if (error != EWOULDBLOCK)
      throw std::runtime_error("cannot lock " + path_ + ": " + std::strerror(error) +
                               "; put the journal on a local disk");
    throw std::runtime_error(
        "journal " + journal_path_ + " is in use by " +
        (holder.empty() ? "another aggregator" : "the aggregator with process id " + holder) +
        "; stop that one, or set journal.path to another file");
  }
  write_note(before_);
}

JournalLock::~JournalLock() {
  if (fd_ >= 0) close(fd_);
}

void JournalLock::note(const Note& now) {
  struct stat held {};
  if (fd_ < 0 || fstat(fd_, &held) != 0 || held.st_nlink == 0) {
    if (fd_ >= 0) close(fd_);
    take();
  }
  write_note(now);
}

/// In place and padded, so that a reader never sees it empty; nothing depends on it reaching the
/// disk at once.
void JournalLock::write_note(const Note& note) {
  std::string text = std::to_string(getpid());
  if (!note.journal.empty()) text += " " + note.journal + " " + std::to_string(note.head);
  text.resize(std::max<std::size_t>(text.size(), 100), ' ');
  if (pwrite(fd_, text.data(), text.size(), 0) < 0)
    throw std::runtime_error("cannot write " + path_ + ": " + std::strerror(errno));
}

}  // namespace stalewatch::aggregator
