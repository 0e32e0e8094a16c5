#include "common/bus/address.hpp"

#include "common/bus/bus.hpp"
#include "common/bus/listener.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace stalewatch {
namespace {

using Catch::Matchers::ContainsSubstring;

const std::string me = "another program (process " + std::to_string(getpid()) + ", common_tests)";

/// Somebody who listens at a path and knows nothing of locks.
struct Stranger {
  explicit Stranger(const std::string& path) : fd(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(fd, 1) == 0);
  }
  ~Stranger() { close(fd); }  // its file stays
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  int fd;
};

mode_t mode_of(const std::string& path) {
  struct stat file {};
  REQUIRE(stat(path.c_str(), &file) == 0);
  return file.st_mode & 0777;
}

/// A umask for the time of a test.
struct Umask {
  explicit Umask(mode_t mask) : before(umask(mask)) {}
  ~Umask() { umask(before); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  mode_t before;
};

}  // namespace

TEST_CASE("an address that somebody has claimed is refused until he is gone", "[address]") {
  const Folder folder;
  const auto endpoint = "ipc://" + folder.file("control");
  {
    const AddressClaim first(endpoint);
    SECTION("before he listens") {
      CHECK_THROWS_WITH(AddressClaim(endpoint), ContainsSubstring("in use by another process;"));
    }
    SECTION("while he listens, by process and program") {
      zmq::context_t context;
      const auto socket = make_control_router(context, first);
      CHECK_THROWS_WITH(AddressClaim(endpoint),
                        "cannot listen on " + endpoint + ": in use by " + me +
                            "; stop that one, or give this one other addresses (transport:)");
    }
  }
  const AddressClaim second(endpoint);
}

TEST_CASE("a listener without a lock is not muted", "[address]") {
  const Folder folder;
  const auto path = folder.file("control");
  {
    const Stranger stranger(path);
    CHECK_THROWS_WITH(AddressClaim("ipc://" + path), ContainsSubstring("in use by " + me));
    Listener listener;
    CHECK(try_unix_socket(path, listener) == 0);
    CHECK(listener.pid == getpid());
  }
  SECTION("what a dead one left is taken over") {
    CHECK(std::filesystem::exists(path));
    const AddressClaim claim("ipc://" + path);
    zmq::context_t context;
    const auto socket = make_control_router(context, claim);
    Listener listener;
    CHECK(try_unix_socket(path, listener) == 0);
  }
}

TEST_CASE("a file that is no socket is not removed", "[address]") {
  const Folder folder;
  const auto path = folder.file("notes.txt");
  std::ofstream(path) << "of somebody";
  CHECK_THROWS_WITH(AddressClaim("ipc://" + path), ContainsSubstring("no socket"));
  CHECK(std::filesystem::file_size(path) == 11);
}

TEST_CASE("in a folder of its user sockets are his alone, whatever the umask; elsewhere as it says",
          "[address]") {
  const Folder folder;
  const Umask open_to_all(0);
  zmq::context_t context;
  const auto own = folder.file("state/sockets/control");
  const AddressClaim claim("ipc://" + own);
  const auto socket = make_control_router(context, claim);
  CHECK(mode_of(folder.file("state")) == 0700);
  CHECK(mode_of(folder.file("state/sockets")) == 0700);
  CHECK(mode_of(own) == 0600);
  CHECK(mode_of(own + ".lock") == 0600);

  const auto shared = folder.file("shared");
  REQUIRE(mkdir(shared.c_str(), 0755) == 0);
  const AddressClaim for_others("ipc://" + shared + "/control");
  const auto other = make_control_router(context, for_others);
  CHECK(mode_of(shared + "/control") == 0777);
  CHECK(umask(0) == 0);  // is what it was
}

TEST_CASE("a folder that cannot be made is named", "[address]") {
  const Folder folder;
  std::ofstream(folder.file("file")) << "x";
  CHECK_THROWS_WITH(AddressClaim("ipc://" + folder.file("file/control")),
                    ContainsSubstring("cannot make its folder: Not a directory"));
}

TEST_CASE("an abstract socket that is taken is named, and who has it", "[address]") {
  const auto endpoint = "ipc://@stalewatch-test-" + std::to_string(getpid());
  zmq::context_t context;
  const auto first = make_control_router(context, AddressClaim(endpoint));
  CHECK_THROWS_WITH(make_control_router(context, AddressClaim(endpoint)),
                    ContainsSubstring("in use by " + me));
}

TEST_CASE("who reaches nobody is told why and what to do", "[address]") {
  const Folder folder;
  const auto path = folder.file("control");
  const auto why = [&] { return why_unreached("ipc://" + path); };
  CHECK_THAT(why(), ContainsSubstring(": there is no such socket (this process is of the user "));
  CHECK_THAT(why(), ContainsSubstring("same state directory"));
  CHECK_THAT(why(), ContainsSubstring("(transport:)"));
  { const Stranger stranger(path); }
  CHECK_THAT(why(), ContainsSubstring(": nobody listens there any more ("));
  std::filesystem::remove(path);
  const Stranger stranger(path);
  CHECK_THAT(why(), ContainsSubstring(": whoever listens there does not answer ("));
  CHECK(why_unreached("tcp://127.0.0.1:1").empty());
}

}  // namespace stalewatch
