#include "common/bus/address.hpp"

#include "common/base/text.hpp"
#include "common/process/private_files.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace stalewatch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t shown = 200;

/// Of a unix socket.
std::optional<std::string> socket_path(const std::string& endpoint) {
  constexpr std::string_view ipc = "ipc://";
  if (!endpoint.starts_with(ipc)) return std::nullopt;
  return endpoint.substr(ipc.size());
}

/// One that is no file: it ends with its listener, and can be bound once.
bool is_abstract(const std::string& path) { return path.starts_with('@'); }

fs::path folder_of(const std::string& path) { return fs::path(path).parent_path(); }

std::string user_name(uid_t user) {
  const passwd* entry = getpwuid(user);
  return entry != nullptr ? std::string("\"") + entry->pw_name + "\"" : std::to_string(user);
}

/// Whose the last part of a path is that we may look at.
std::string owner_on_the_way(fs::path path) {
  struct stat file {};
  while (stat(path.c_str(), &file) != 0 && path.has_relative_path()) path = path.parent_path();
  return path.string() + " is of the user " + user_name(file.st_uid);
}

/// What stands between us and a listener there.
std::string obstacle(const std::string& path) {
  Listener listener;
  const int error = try_unix_socket(path, listener);
  if (error == 0) return "whoever listens there does not answer";
  if (error == ECONNREFUSED) return "nobody listens there any more";
  if (error == ENOENT) return "there is no such socket";
  if (error == EACCES) return "it may not be reached, for " + owner_on_the_way(path);
  return std::strerror(error);
}

}  // namespace

void fail_to_listen(const std::string& endpoint, const std::string& why) {
  throw std::runtime_error("cannot listen on " + endpoint + ": " + why);
}

AddressClaim::AddressClaim(std::string endpoint) : endpoint_(std::move(endpoint)) {
  const auto path = socket_path(endpoint_);
  if (!path) {
    look_at_port();
  } else if (is_abstract(*path)) {
    look_at_path(*path);
  } else {
    claim_file(*path);
  }
}

void AddressClaim::claim_file(const std::string& path) {
  if (const auto error = make_private_folders(folder_of(path)))
    fail_to_listen(endpoint_, "cannot make its folder: " + error.message());
  lock(path);
  try {
    look_at_path(path);
  } catch (...) {
    close(lock_fd_);
    throw;
  }
}

void AddressClaim::fail_in_use(const Listener& by) const {
  fail_to_listen(endpoint_, "in use by " + by.words() +
                                "; stop that one, or give this one other addresses (transport:)");
}

void AddressClaim::lock(const std::string& path) {
  const auto file = path + ".lock";
  lock_fd_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (lock_fd_ < 0) fail_to_listen(endpoint_, "cannot open " + file + ": " + std::strerror(errno));
  if (flock(lock_fd_, LOCK_EX | LOCK_NB) == 0) return;
  close(lock_fd_);
  Listener listener;
  try_unix_socket(path, listener);
  fail_in_use(listener);
}

/// For a listener without a lock: of an older version, somebody else's, or abstract.
void AddressClaim::look_at_path(const std::string& path) const {
  struct stat file {};
  if (!is_abstract(path) && lstat(path.c_str(), &file) == 0 && !S_ISSOCK(file.st_mode))
    fail_to_listen(endpoint_, "a file that is no socket lies there and is not replaced");
  Listener listener;
  if (try_unix_socket(path, listener) == 0) fail_in_use(listener);
}

void AddressClaim::look_at_port() const {
  constexpr std::string_view tcp = "tcp://";
  const auto colon = endpoint_.rfind(':');
  if (!endpoint_.starts_with(tcp) || colon < tcp.size()) return;
  std::string host = endpoint_.substr(tcp.size(), colon - tcp.size());
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto port = endpoint_.substr(colon + 1);
  if (is_port_taken(host, port)) fail_in_use(listener_at_port(port));
}

AddressClaim::AddressClaim(AddressClaim&& other) noexcept
    : endpoint_(std::move(other.endpoint_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

AddressClaim::~AddressClaim() {
  if (lock_fd_ >= 0) close(lock_fd_);
}

bool AddressClaim::is_private() const {
  const auto path = socket_path(endpoint_);
  return path && !is_abstract(*path) && is_private_folder(folder_of(*path));
}

std::string why_unreached(const std::string& endpoint) {
  const auto path = socket_path(endpoint);
  if (!path) return "";
  return ": " + escape_untrusted(obstacle(*path), shown) + " (this process is of the user " +
         escape_untrusted(user_name(geteuid()), shown) +
         "); start both as the same user with the same state directory, or give both the same "
         "addresses (transport:)";
}

}  // namespace stalewatch
