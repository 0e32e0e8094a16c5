#include "common/bus/address.hpp"

#include "common/base/text.hpp"
#include "common/config/environment.hpp"
#include "common/process/private_files.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace stalewatch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t shown = 200;
constexpr mode_t of_others = S_IRWXG | S_IRWXO;

/// Of a unix socket.
std::optional<std::string> socket_path(const std::string& endpoint) {
  constexpr std::string_view ipc = "ipc://";
  if (!endpoint.starts_with(ipc)) return std::nullopt;
  return endpoint.substr(ipc.size());
}

/// One that is no file: it ends with its listener, and can be bound once.
bool is_abstract(const std::string& path) { return path.starts_with('@'); }

fs::path folder_of(const std::string& path) { return fs::path(path).parent_path(); }

/// By the local file alone: this is asked for in loops, and a name service may take its time.
std::string user_name(uid_t user) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> users(std::fopen("/etc/passwd", "re"), close);
  while (const passwd* entry = users ? fgetpwent(users.get()) : nullptr)
    if (entry->pw_uid == user) return std::string("\"") + entry->pw_name + "\"";
  return std::to_string(user);
}

/// Whose the last part of a path is that we may look at.
std::string owner_on_the_way(fs::path path) {
  struct stat file {};
  while (lstat(path.c_str(), &file) != 0 && path.has_relative_path()) path = path.parent_path();
  return path.string() + " belongs to the user " + user_name(file.st_uid);
}

/// Why there is no answer of a socket that was tried with this result.
std::string why_no_answer(const std::string& path, int error) {
  if (error == 0) return "whoever listens there does not answer";
  if (error == ECONNREFUSED) return "nobody listens there any more";
  if (error == ENOENT) return "there is no such socket";
  if (error == EACCES || error == EPERM)
    return "it may not be reached, for " + owner_on_the_way(path);
  return std::strerror(error);
}

/// The folder of the addresses that nobody gave: whoever gets in can join.
bool is_own_folder(const fs::path& folder) {
  return absolute_path(folder) == socket_directory(process_environment());
}

/// Throws what is wrong with it.
void make_private(const fs::path& folder) {
  struct stat found {};
  if (stat(folder.c_str(), &found) != 0) throw std::runtime_error(std::strerror(errno));
  if (found.st_uid != geteuid())
    throw std::runtime_error("its folder belongs to the user " + user_name(found.st_uid) +
                             "; run it as that user, or set STALEWATCH_STATE_DIR");
  if ((found.st_mode & of_others) != 0 && chmod(folder.c_str(), S_IRWXU) != 0)
    throw std::runtime_error(std::string("its folder is open to others: ") + std::strerror(errno));
}

}  // namespace

void fail_to_listen(const std::string& endpoint, const std::string& why) {
  throw std::runtime_error("cannot listen on " + endpoint + ": " + why);
}

AddressClaim::AddressClaim(std::string endpoint) : endpoint_(std::move(endpoint)) { claim(); }

void AddressClaim::claim() {
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
  const auto folder = folder_of(path);
  if (const auto error = make_folders(folder))
    fail_to_listen(endpoint_, "cannot make its folder: " + error.message());
  try {
    if (is_own_folder(folder)) make_private(folder);
  } catch (const std::runtime_error& e) {
    fail_to_listen(endpoint_, e.what());
  }
  lock(path);
  look_at_path(path);
}

void AddressClaim::fail_in_use(const Listener& by) const {
  fail_to_listen(endpoint_, "in use by " + by.words() +
                                "; stop that one, or give this one other addresses (transport:)");
}

/// A lock needs no more than to read.
void AddressClaim::lock(const std::string& path) {
  const auto file = path + ".lock";
  try {
    lock_ = FileLock(file, false, is_private() ? S_IRUSR | S_IWUSR : 0666);
    return;
  } catch (const std::system_error& error) {
    const bool denied = error.code() == std::errc::permission_denied;
    if (error.code() != std::errc::operation_would_block)
      fail_to_listen(endpoint_, error.what() + (denied ? "; " + owner_on_the_way(file) : ""));
  }
  Listener listener;
  try_unix_socket(path, listener);
  fail_in_use(listener);
}

/// For a listener without a lock: of an older version, somebody else's, or abstract.
void AddressClaim::look_at_path(const std::string& path) const {
  struct stat file {};
  if (!is_abstract(path) && lstat(path.c_str(), &file) == 0 && !S_ISSOCK(file.st_mode))
    fail_to_listen(endpoint_, "what lies there is no socket, and is not replaced");
  Listener listener;
  const int error = try_unix_socket(path, listener);
  if (error == 0) fail_in_use(listener);
  if (error != ENOENT && error != ECONNREFUSED)
    fail_to_listen(endpoint_, "somebody may listen there: " + why_no_answer(path, error));
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

bool AddressClaim::is_private() const {
  const auto path = socket_path(endpoint_);
  return path && !is_abstract(*path) && is_private_folder(folder_of(*path));
}

AddressClaim::Place AddressClaim::place_of(const std::string& path) {
  struct stat file {};
  return lstat(path.c_str(), &file) == 0 ? Place{file.st_dev, file.st_ino} : Place{};
}

void AddressClaim::bound() {
  if (lock_.is_held()) place_ = place_of(*socket_path(endpoint_));
}

bool AddressClaim::has_its_socket() const {
  return place_ != Place{} && place_of(*socket_path(endpoint_)) == place_;
}

bool AddressClaim::is_in_place() const {
  if (place_ == Place{}) return !lock_.is_held();
  return has_its_socket() && lock_.has_path();
}

bool AddressClaim::renew() {
  const bool listens = has_its_socket();
  lock_.release();
  try {
    listens ? lock(*socket_path(endpoint_)) : claim();
  } catch (...) {
    lock_.release();
    throw;
  }
  return !listens;
}

std::string why_unreached(const std::string& endpoint) {
  const auto path = socket_path(endpoint);
  if (!path) return "";
  Listener listener;
  return ": " + escape_untrusted(why_no_answer(*path, try_unix_socket(*path, listener)), shown) +
         " (this process belongs to the user " + escape_untrusted(user_name(geteuid()), shown) +
         "); start both as the same user with the same state directory (STALEWATCH_STATE_DIR), or "
         "give both the same addresses (transport: in the file that --config names)";
}

}  // namespace stalewatch
