#include "common/process/sqlite_session.hpp"

#include "tests/catch.hpp"
#include "tests/run_sql.hpp"
#include "tests/temporary_folder.hpp"

#include <soci/soci.h>
#include <sys/xattr.h>

#include <filesystem>
#include <string>

using namespace stalewatch;
namespace fs = std::filesystem;

namespace {

bool is_marked(const std::string& file) {
  return getxattr(file.c_str(), "user.stalewatch.of", nullptr, 0) > 0;
}

/// Two SQLite files, one of which is open.
struct TwoFiles {
  TwoFiles() {
    for (const auto& one : {file, other})
      run_sql(one, "PRAGMA journal_mode = WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1)");
    sql.open("sqlite3", "dbname=\"" + file + "\"");
  }

  const Folder folder;
  const std::string file = folder.file("d"), other = folder.file("other");
  soci::session sql;
};

}  // namespace

TEST_CASE("a log is begun and marked before anything is written", "[process]") {
  TwoFiles files;
  const auto remembered = begin_log(files.sql, files.file);
  CHECK(is_marked(files.file + "-wal"));
  CHECK(is_marked(files.file + "-shm"));
  CHECK(remembered.file.inode == 0);  // the marks tell
  CHECK(fs::file_size(files.file + "-wal") == 0);
  CHECK_FALSE(has_moved(files.sql));
}

TEST_CASE("a file that moved while it was opened is known as moved, and nothing is marked",
          "[process]") {
  TwoFiles files;
  SECTION("another one was put there") {
    fs::rename(files.other, files.file);
    begin_log(files.sql, files.file);
  }
  SECTION("it was moved away, which SQLite refuses") {
    fs::rename(files.file, files.folder.file("away"));
    CHECK_THROWS_AS(begin_log(files.sql, files.file), soci::soci_error);
  }
  CHECK(has_moved(files.sql));
  CHECK_FALSE(is_marked(files.file + "-wal"));
  CHECK_FALSE(is_marked(files.file + "-shm"));
}
