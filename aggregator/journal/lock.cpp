#include "aggregator/journal/lock.hpp"

#include "common/process/private_files.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace stalewatch::aggregator {

void make_journal_folder(const std::filesystem::path& folder) {
  if (const auto error = make_folders(folder))
    throw std::runtime_error("journal.path: cannot make the folder " + folder.string() + ": " +
                             error.message());
}

std::string noted_control(const std::string& journal_path) {
  std::ifstream note(journal_path + ".lock");
  std::string holder_and_head, control;
  std::getline(note, holder_and_head);
  std::getline(note, control);
  return note.eof() ? "" : control;  // without its end it is padding
}

JournalLock::JournalLock(const std::string& journal_path, std::string control)
    : journal_path_(journal_path), path_(journal_path + ".lock"), control_(std::move(control)) {
  take();
}

void JournalLock::take() {
  if (const auto folder = std::filesystem::path(path_).parent_path(); !folder.empty())
    make_journal_folder(folder);
  lock_.release();
  try {
    lock_ = FileLock(path_);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::operation_would_block) throw;
    const std::string holder = read_note();
    throw std::runtime_error(
        "journal " + journal_path_ + " is in use by " +
        (holder.empty() ? "another aggregator" : "the aggregator with process id " + holder) +
        "; stop that one, or set journal.path to another file");
  }
  read_note();
  write_note(before_);
}

/// The holder, if it has noted itself.
std::string JournalLock::read_note() {
  std::string holder;
  std::ifstream(path_) >> holder >> before_.journal >> before_.head;
  return holder;
}

void JournalLock::note(const Note& now) {
  if (!lock_.has_path()) take();
  write_note(now);
}

/// In place and padded, so that a reader never sees it empty; nothing depends on it reaching the
/// disk at once.
void JournalLock::write_note(const Note& note) {
  std::string text = std::to_string(getpid());
  if (!note.journal.empty()) text += " " + note.journal + " " + std::to_string(note.head);
  if (!note.journal.empty() && !control_.empty()) text += "\n" + control_ + "\n";
  text.resize(std::max<std::size_t>(text.size(), 100), ' ');
  if (pwrite(lock_.fd(), text.data(), text.size(), 0) < 0)
    throw std::runtime_error("cannot write " + path_ + ": " + std::strerror(errno));
}

}  // namespace stalewatch::aggregator
