#pragma once

// A recording: what the core is told, in files on disk. Each begins with the whole state, so that
// it can be decided again alone; when one is full the next is begun, as FILE.new up to the end of
// its state, and the one before is kept as FILE.1.
//
//     stalewatch recording 1
//     build 7a0c...                the program that wrote it, by its content
//                                  an empty line; then records, each behind its length (4 bytes, LE):
//     state, input, input, ...     msgpack, see codec.hpp

#include "aggregator/recording/codec.hpp"
#include "aggregator/recording/veil.hpp"
#include "common/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch::aggregator {

/// What tells the running program from every other build of it: a hash of its file.
const std::string& build_of_this_program();

class RecordingFile {
 public:
  /// `segment`: bytes of inputs in a file before the next one is begun.
  RecordingFile(std::string path, std::uint64_t segment);

  /// Begins a file, 0600; one that is there becomes the one before. Throws std::runtime_error when
  /// it cannot be written.
  void begin(Saved state);
  void add(const Input& input, NodeTime now);
  bool is_full() const { return written_ > segment_; }
  /// What was added is handed to the file system. Throws std::runtime_error when it could not be.
  void flush();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void write(std::string_view record);
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;
  std::uint64_t segment_;
  Veil veil_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t written_ = 0;  // bytes of inputs in this one
};

class RecordingReader {
 public:
  /// Throws std::runtime_error when the file cannot be read or is no recording of this build.
  explicit RecordingReader(const std::string& path);

  Saved state();
  /// The next input; nothing at the end. Throws std::runtime_error for one that cannot be
  /// understood.
  std::optional<RecordedInput> next();
  /// After the end: bytes of a record that was not written to its end.
  std::size_t cut_off() const { return cut_off_; }
  std::size_t inputs() const { return inputs_; }

 private:
  std::optional<std::string> record();

  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::size_t inputs_ = 0;
  std::size_t cut_off_ = 0;
};

}  // namespace stalewatch::aggregator
