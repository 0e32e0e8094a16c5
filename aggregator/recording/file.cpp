#include "aggregator/recording/file.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace stalewatch::aggregator {
namespace {

constexpr std::string_view magic = "stalewatch recording 1\n";
// No record of ours is larger; what is says that the file is damaged.
constexpr std::uint32_t longest_record = 1U << 31;

std::array<unsigned char, 4> little_endian(std::uint32_t n) {
  return {static_cast<unsigned char>(n), static_cast<unsigned char>(n >> 8),
          static_cast<unsigned char>(n >> 16), static_cast<unsigned char>(n >> 24)};
}

std::string line_of(std::FILE* file) {
  std::string line;
  for (int c = std::fgetc(file); c != EOF && line.size() < 200; c = std::fgetc(file)) {
    if (c == '\n') return line;
    line += static_cast<char>(c);
  }
  return line;
}

/// SHA-256 of a file's content, in hexadecimal.
std::string hash_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  const auto bytes = content.str();
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int length = 0;
  if (!file ||
      EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("this program's own file cannot be read: " + path);
  std::string text;
  char two[3];
  for (unsigned int i = 0; i < length; ++i) {
    std::snprintf(two, sizeof two, "%02x", hash[i]);
    text += two;
  }
  return text;
}

}  // namespace

const std::string& build_of_this_program() {
  static const std::string build = hash_of("/proc/self/exe");
  return build;
}

RecordingFile::RecordingFile(std::string path, std::uint64_t segment)
    : path_(std::move(path)), segment_(segment) {}

void RecordingFile::begin(Saved state) {
  file_.reset();
  struct stat there {};
  if (::lstat(path_.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
    throw std::runtime_error("the recording " + path_ + ": what is there is no regular file");
  // Under a name of its own until it can be decided again: a kill leaves what there was.
  const std::string begun = path_ + ".new";
  if (::unlink(begun.c_str()) != 0 && errno != ENOENT) fail(begun + " cannot be removed");
  const int fd = ::open(begun.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) fail("it cannot be created");
  file_.reset(::fdopen(fd, "wb"));
  if (!file_) {
    ::close(fd);
    fail("it cannot be written");
  }
  const auto head = std::string(magic) + "build " + build_of_this_program() + "\n\n";
  std::fwrite(head.data(), 1, head.size(), file_.get());
  veil_.hide(state);
  write(encode(state));
  written_ = 0;
  flush();
  if (std::rename(path_.c_str(), (path_ + ".1").c_str()) != 0 && errno != ENOENT)
    fail("the one before cannot be renamed to " + path_ + ".1");
  if (std::rename(begun.c_str(), path_.c_str()) != 0) fail(begun + " cannot be renamed to it");
}

void RecordingFile::add(const Input& input, NodeTime now) {
  const auto* configure = std::get_if<input::Configure>(&input);
  write(configure ? encode(Input(veil_.hidden(*configure)), now) : encode(input, now));
}

/// That it could not be written is found by flush().
void RecordingFile::write(std::string_view record) {
  const auto length = little_endian(static_cast<std::uint32_t>(record.size()));
  std::fwrite(length.data(), 1, length.size(), file_.get());
  std::fwrite(record.data(), 1, record.size(), file_.get());
  written_ += length.size() + record.size();
}

void RecordingFile::flush() {
  if (std::fflush(file_.get()) != 0 || std::ferror(file_.get())) fail("it cannot be written");
}

void RecordingFile::fail(const std::string& what) const {
  throw std::runtime_error("the recording " + path_ + ": " + what + ": " + std::strerror(errno));
}

RecordingReader::RecordingReader(const std::string& path)
    : path_(path), file_(std::fopen(path.c_str(), "rbe"), &std::fclose) {
  if (!file_)
    throw std::runtime_error("the recording " + path + " cannot be read: " + std::strerror(errno));
  if (line_of(file_.get()) + "\n" != magic)
    throw std::runtime_error(path + " is no recording that this version can read");
  const auto build = line_of(file_.get());
  if (!line_of(file_.get()).empty()) throw std::runtime_error(path + " is no recording");
  if (const auto ours = "build " + build_of_this_program(); build != ours)
    throw std::runtime_error(
        path +
        " was written by another build of stalewatch-aggregator; only the same program "
        "decides the same. Its SHA-256: " +
        build.substr(build.find(' ') + 1) +
        "; that of this one: " + ours.substr(ours.find(' ') + 1));
}

Saved RecordingReader::state() {
  const auto bytes = record();
  if (!bytes) throw std::runtime_error(path_ + " ends before its state does");
  auto state = decode_saved(*bytes);
  if (!state)
    throw std::runtime_error(path_ + ": its state cannot be understood: " + state.error());
  return *std::move(state);
}

std::optional<RecordedInput> RecordingReader::next() {
  const auto bytes = record();
  if (!bytes) return std::nullopt;
  ++inputs_;
  auto input = decode_input(*bytes);
  if (!input)
    throw std::runtime_error(path_ + ": its input " + std::to_string(inputs_) +
                             " cannot be understood: " + input.error());
  return *std::move(input);
}

std::optional<std::string> RecordingReader::record() {
  std::array<unsigned char, 4> length{};
  const auto got = std::fread(length.data(), 1, length.size(), file_.get());
  if (got < length.size()) {
    cut_off_ = got;
    return std::nullopt;
  }
  std::uint32_t size = 0;
  for (int i = 3; i >= 0; --i) size = size << 8 | length[static_cast<std::size_t>(i)];
  if (size > longest_record)
    throw std::runtime_error(path_ + " is damaged: a record has no length");
  std::string bytes(size, '\0');
  if (const auto read = std::fread(bytes.data(), 1, size, file_.get()); read < size) {
    cut_off_ = length.size() + read;
    return std::nullopt;
  }
  return bytes;
}

}  // namespace stalewatch::aggregator
