#include "common/process/sqlite_leftovers.hpp"

#include "tests/catch.hpp"
#include "tests/inode_again.hpp"
#include "tests/run_sql.hpp"
#include "tests/temporary_folder.hpp"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>

using namespace stalewatch;
namespace fs = std::filesystem;

namespace {

/// Files that stand for a database and what SQLite keeps beside it; each holds its own name.
struct Files {
  Files() {
    for (const char* name : {"d", "d-wal", "d-shm"}) write(name, name);
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder.file(name)) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(folder.file(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder.path))
      found.insert(entry.path().filename());
    return found;
  }
  /// What the log of the file that is there now is called when it is put aside.
  std::string aside() const {
    return "d-wal.of-inode-" + std::to_string(inode_of(folder.file("d")));
  }
  void exchange() const {
    write("other", "other");
    fs::rename(folder.file("d"), folder.file("kept"));  // so that its inode is not given again
    fs::rename(folder.file("other"), folder.file("d"));
  }
  /// Deleted, and another one made with its inode; false where there is no such thing.
  bool delete_and_make_another(const std::string& name) const {
    const auto old = inode_of(folder.file(name));
    fs::remove(folder.file(name));
    if (!make_with_inode(folder.file(name), old)) return false;
    write(name, "another");
    return true;
  }
  /// What is to be remembered of it.
  SqliteFiles mark() const {
    return mark_as_belonging(folder.file("d"), find_sqlite_files(folder.file("d")));
  }
  std::string look(const SqliteFiles& before = {}) const {
    return put_leftovers_aside(folder.file("d"), before);
  }

  Folder folder;
};

}  // namespace

TEST_CASE("what lies beside the file that it belongs to stays there", "[process]") {
  const Files files;
  const auto all = files.names();
  SECTION("unmarked, as somebody else's is") {}
  SECTION("marked") { files.mark(); }
  SECTION("unmarked, of a file that was exchanged") { files.exchange(); }
  SECTION("of a file that was exchanged together with it") {
    files.mark();
    const auto before = find_sqlite_files(files.folder.file("d"));
    files.exchange();
    for (const std::string name : {"d-wal", "d-shm"}) {
      files.write("new" + name, name);
      fs::rename(files.folder.file(name), files.folder.file("kept" + name));
      fs::rename(files.folder.file("new" + name), files.folder.file(name));
    }
    CHECK(files.look(before).empty());
    CHECK(files.read("d-wal") == "d-wal");
    CHECK(files.names().contains("d-shm"));
    return;
  }
  CHECK(files.look().empty());
  for (const auto& name : all) CHECK(files.names().contains(name));
}

TEST_CASE("a log is put aside when another file lies beside it", "[process]") {
  const Files files;
  files.mark();
  const auto before = find_sqlite_files(files.folder.file("d"));
  const auto aside = files.aside();
  SECTION("the file was replaced") { files.exchange(); }
  SECTION("the file was replaced, and somebody takes the log for that one's") {
    files.exchange();
    files.mark();
  }
  SECTION("it was moved away") { fs::rename(files.folder.file("d"), files.folder.file("kept")); }
  SECTION("it is known by a link") {
    files.exchange();
    fs::create_symlink(files.folder.file("d"), files.folder.file("link"));
    CHECK(put_leftovers_aside(files.folder.file("link")).empty());
  }
  SECTION("this process alone knows it: the filesystem takes no marks") {
    for (const std::string name : {"d-wal", "d-shm"})
      CHECK(removexattr(files.folder.file(name).c_str(), "user.stalewatch.of") == 0);
    files.exchange();
    CHECK(files.look().empty());
    CHECK(files.names().contains("d-wal"));
    CHECK(files.look(before).empty());
  }
  CHECK(files.look().empty());
  CHECK(files.read(aside) == "d-wal");
  CHECK_FALSE(files.names().contains("d-wal"));
  CHECK_FALSE(files.names().contains("d-shm"));
}

TEST_CASE("a log is put aside when another file got the inode of its own", "[process]") {
  const Files files;
  files.mark();
  const auto before = find_sqlite_files(files.folder.file("d"));
  const auto aside = files.aside();
  if (!files.delete_and_make_another("d")) return;
  SECTION("after a restart") { CHECK(files.look().empty()); }
  SECTION("in the same process") { CHECK(files.look(before).empty()); }
  CHECK(files.read("d") == "another");
  CHECK(files.read(aside) == "d-wal");
  CHECK_FALSE(files.names().contains("d-wal"));
  CHECK_FALSE(files.names().contains("d-shm"));
}

TEST_CASE("a log that got the inode of another one has no mark of that", "[process]") {
  const Files files;
  files.mark();
  const auto before = find_sqlite_files(files.folder.file("d"));
  char mark[128]{};
  const auto length =
      getxattr(files.folder.file("d-wal").c_str(), "user.stalewatch.of", mark, sizeof mark);
  REQUIRE(length > 0);
  if (!files.delete_and_make_another("d-wal")) return;
  files.exchange();
  SECTION("nothing is said of it") { CHECK(files.look(before).empty()); }
  SECTION("it is a copy, with the mark") {
    REQUIRE(setxattr(files.folder.file("d-wal").c_str(), "user.stalewatch.of", mark,
                     static_cast<std::size_t>(length), 0) == 0);
    CHECK(files.look().empty());
  }
  CHECK(files.read("d-wal") == "another");
}

TEST_CASE("what was put aside before stays as it is", "[process]") {
  const Files files;
  files.mark();
  const auto aside = files.aside();
  files.write(aside, "the first");
  files.write(aside + ".2", "the second");
  files.exchange();
  CHECK(files.look().empty());
  CHECK(files.read(aside) == "the first");
  CHECK(files.read(aside + ".2") == "the second");
  CHECK(files.read(aside + ".3") == "d-wal");
}

TEST_CASE("of an empty log nothing is kept", "[process]") {
  const Files files;
  files.write("d-wal", "");
  files.mark();
  files.exchange();
  CHECK(files.look().empty());
  CHECK(files.names() == std::set<std::string>{"d", "kept"});
}

TEST_CASE("copies belong to copies, with the marks of what they were copied from", "[process]") {
  const Files files;
  files.mark();
  char mark[128]{};
  const auto length =
      getxattr(files.folder.file("d-wal").c_str(), "user.stalewatch.of", mark, sizeof mark);
  REQUIRE(length > 0);
  files.exchange();
  files.write("copy", "d-wal");
  REQUIRE(setxattr(files.folder.file("copy").c_str(), "user.stalewatch.of", mark,
                   static_cast<std::size_t>(length), 0) == 0);
  fs::rename(files.folder.file("d-wal"), files.folder.file("first-wal"));
  fs::rename(files.folder.file("copy"), files.folder.file("d-wal"));
  CHECK(files.look().empty());
  CHECK(files.read("d-wal") == "d-wal");
}

TEST_CASE("what cannot be put aside is told with what to do", "[process]") {
  const Files files;
  files.mark();
  files.write(files.aside(), "");
  for (int n = 2; n <= 100; ++n) files.write(files.aside() + "." + std::to_string(n), "");
  files.exchange();
  CHECK(files.look() == files.folder.file("d-wal") +
                            " belongs to another file than the one beside it, and cannot be moved "
                            "away: File exists; move it away by hand.");
}

namespace {

/// An SQLite file in one of both modes, and what stands for another one's leftovers beside it.
struct Beside {
  Beside(const std::string& mode, const std::string& ending)
      : path(folder.file("d")), part(path + ending) {
    run_sql(path, "PRAGMA journal_mode = " + mode + "; CREATE TABLE t (n)");
    std::ofstream(part) << "theirs";
  }
  bool is_there() const { return fs::exists(part) && !fs::exists(part + ".of-another"); }
  bool is_put_aside() const { return !fs::exists(part) && fs::exists(part + ".of-another"); }

  const Folder folder;
  const std::string path, part;
};

}  // namespace

TEST_CASE("a rollback journal beside a file in WAL mode is another file's", "[process]") {
  const Beside files("WAL", "-journal");
  CHECK(put_leftovers_aside(files.path).empty());
  CHECK(files.is_put_aside());
}

TEST_CASE("a rollback journal beside no file, or an empty one, is another file's", "[process]") {
  const Beside files("DELETE", "-journal");
  SECTION("none") { fs::remove(files.path); }
  SECTION("an empty one") { fs::resize_file(files.path, 0); }
  CHECK(put_leftovers_aside(files.path).empty());
  CHECK(files.is_put_aside());
}

TEST_CASE("a rollback journal that may be the file's own stays", "[process]") {
  const Beside files("DELETE", "-journal");
  SECTION("it is younger than the file") {}
  SECTION("it was cleared") { std::ofstream(files.part) << std::string(100, '\0'); }
  SECTION("it is empty") { fs::resize_file(files.part, 0); }
  SECTION("somebody writes just now, and makes it a file in WAL mode") {
    std::fstream(files.path, std::ios::in | std::ios::out).seekp(18) << "\2\2";
    const int fd = open(files.path.c_str(), O_RDWR);
    struct flock reserved {};
    reserved.l_type = F_WRLCK;
    reserved.l_start = 0x40000001;
    reserved.l_len = 1;
    REQUIRE(fcntl(fd, F_OFD_SETLK, &reserved) == 0);
    CHECK(put_leftovers_aside(files.path).empty());
    CHECK(files.is_there());
    close(fd);
    CHECK(put_leftovers_aside(files.path).empty());
    CHECK(files.is_put_aside());
    return;
  }
  CHECK(put_leftovers_aside(files.path).empty());
  CHECK(files.is_there());
}

TEST_CASE("a rollback journal that is older than the file is for people to judge", "[process]") {
  const Beside files("DELETE", "-journal");
  if (!is_birth_known(files.path)) return;
  const auto copy = files.folder.file("copy");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // filesystems' clocks tick
  fs::copy_file(files.path, copy);
  fs::rename(copy, files.path);
  CHECK(put_leftovers_aside(files.path).find("is older than the file beside it") !=
        std::string::npos);
  CHECK(files.is_there());
  run_sql(files.path, "PRAGMA user_version");  // as the message says
  CHECK(put_leftovers_aside(files.path).empty());
}

TEST_CASE("a log beside a file that is not in WAL mode is another file's", "[process]") {
  const Beside files("DELETE", "-wal");
  SECTION("unmarked") {}
  SECTION("its own, until the file was overwritten") {
    mark_as_belonging(files.path, find_sqlite_files(files.path));
  }
  CHECK(put_leftovers_aside(files.path).empty());
  CHECK(files.is_put_aside());
}

TEST_CASE("a log beside a file in WAL mode may be its own", "[process]") {
  const Beside files("WAL", "-wal");
  CHECK(put_leftovers_aside(files.path).empty());
  CHECK(files.is_there());
}

TEST_CASE("a log that is open is put aside also while it is empty", "[process]") {
  const Files files;
  files.write("d-wal", "");
  files.mark();
  const auto aside = files.aside();
  withdraw_log(files.folder.file("d"));
  CHECK(files.names().contains("d-wal"));
  files.exchange();
  withdraw_log(files.folder.file("d"));
  CHECK(files.names() == std::set<std::string>{"d", "kept", aside});
}
