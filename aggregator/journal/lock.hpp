#pragma once

#include "common/process/file_lock.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace stalewatch::aggregator {

/// Makes the folder that a journal is to lie in. Throws
/// std::runtime_error naming the key.
void make_journal_folder(const std::filesystem::path& folder);

/// Holds the right to write a journal; the operating system gives it up when the process ends,
/// however it ends. The file also says how far the journal had come: an older copy of the journal
/// that is put in its place is known by it.
class JournalLock {
 public:
  /// How far the journal had come.
  struct Note {
    std::string journal;
    std::int64_t head = 0;
  };

  /// Throws std::runtime_error naming the holder when another process has it. `control`: where the
  /// holder takes commands; noted, too, once the journal has an id.
  explicit JournalLock(const std::string& journal_path, std::string control = "");

  /// What the last holder noted.
  const Note& before() const { return before_; }
  /// Notes how far the journal has come. Takes the lock anew when its file was deleted.
  void note(const Note& now);

 private:
  void take();
  std::string read_note();
  void write_note(const Note& note);

  std::string journal_path_;
  std::string path_;
  std::string control_;
  FileLock lock_;
  Note before_;
};

/// Where the aggregator that last wrote the journal took commands, as it noted; "": not known.
std::string noted_control(const std::string& journal_path);

}  // namespace stalewatch::aggregator
