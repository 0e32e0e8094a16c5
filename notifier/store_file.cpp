#include "notifier/store_file.hpp"

#include "common/process/log.hpp"
#include "common/process/private_files.hpp"
#include "common/process/sqlite_session.hpp"
#include "notifier/store_schema.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace stalewatch::notifier {
namespace {

constexpr int busy_seconds = 5;  // somebody looks into the file with another program

}  // namespace

StoreFile::StoreFile(const std::string& path)
    : path_(path == ":memory:" ? "" : path), sql_(std::make_unique<soci::session>()) {
  try {
    open();
  } catch (const soci::soci_error& error) {
    throw std::runtime_error("notifier.state " + path + ": " + error.get_error_message());
  } catch (const std::exception& error) {
    throw std::runtime_error("notifier.state " + path + ": " + error.what());
  }
}

StoreFile::~StoreFile() = default;

void StoreFile::open() {
  if (!path_.empty()) {
    const auto folder = std::filesystem::path(path_).parent_path();
    if (const auto error = make_folders(folder)) throw std::system_error(error, "its folder");
    lock();
    if (const auto why = put_leftovers_aside(path_, marked_); !why.empty())
      throw std::runtime_error(why);
    make_private_file(path_);
  }
  sql_->open(soci::sqlite3, "dbname=\"" + (path_.empty() ? ":memory:" : path_) +
                                "\" timeout=" + std::to_string(busy_seconds));
  if (!path_.empty()) marked_ = begin_log(*sql_, path_);
  if (!is_at_its_path()) {
    sql_->close();
    throw std::runtime_error("another file was put in its place while it was opened; start again");
  }
  prepare_schema(*sql_);
}

/// Two notifiers on one file would tell everything twice.
void StoreFile::lock() {
  lock_.release();
  try {
    lock_ = FileLock(path_ + ".lock");
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::operation_would_block)
      throw std::runtime_error("another notifier uses it");
    throw;
  }
}

bool StoreFile::is_at_its_path() { return path_.empty() || !has_moved(*sql_); }

void StoreFile::keep_place() {
  if (path_.empty()) return;
  if (sql_->get_backend() == nullptr) return open();  // it could not be opened anew the last time
  if (is_at_its_path()) return;
  if (std::filesystem::exists(path_)) {
    if (!std::exchange(told_replaced_, true))
      log::error(
          "another file lies at {}: what is told and owed from now on is lost at the next start",
          path_);
    return;
  }
  const auto folder = std::filesystem::path(path_).parent_path();
  if (const auto error = make_folders(folder)) throw std::system_error(error, "its folder");
  write_anew();
  sql_->close();
  open();
  log::error("{} was deleted or moved away: it is written anew, with all that it held", path_);
}

/// At once or not at all: half a file would be somebody else's.
void StoreFile::write_anew() {
  const auto fresh = path_ + ".new";
  std::filesystem::remove(fresh);
  make_private_file(fresh);
  try {
    *sql_ << "VACUUM INTO :p", soci::use(fresh, "p");
    for (const auto* part : {"-wal", "-shm"}) std::filesystem::remove(path_ + part);
    std::filesystem::rename(fresh, path_);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(fresh, ignored);
    throw;
  }
}

}  // namespace stalewatch::notifier
