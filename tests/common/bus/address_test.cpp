#include "common/bus/address.hpp"

#include "common/bus/bus.hpp"
#include "common/bus/listener.hpp"
#include "tests/catch.hpp"
#include "tests/claim.hpp"
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

/// A state directory for the time of a test.
struct StateDirectory {
  explicit StateDirectory(const std::string& path) {
    setenv("STALEWATCH_STATE_DIR", path.c_str(), 1);
  }
  ~StateDirectory() { unsetenv("STALEWATCH_STATE_DIR"); }
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
};

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
    AddressClaim first(endpoint);
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
    AddressClaim claim("ipc://" + path);
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
  const StateDirectory state(folder.file("state"));
  const auto own = folder.file("state/sockets/control");
  AddressClaim claim("ipc://" + own);
  const auto socket = make_control_router(context, claim);
  CHECK(mode_of(folder.file("state")) == 0700);
  CHECK(mode_of(folder.file("state/sockets")) == 0700);
  CHECK(mode_of(own) == 0600);
  CHECK(mode_of(own + ".lock") == 0600);

  const auto shared = folder.file("shared/of/all");
  AddressClaim for_others("ipc://" + shared + "/control");
  const auto other = make_control_router(context, for_others);
  CHECK(mode_of(shared) == 0777);
  CHECK(mode_of(shared + "/control") == 0777);
  CHECK(umask(0) == 0);  // is what it was
}

TEST_CASE("the folder of addresses that nobody gave is closed, whoever made it", "[address]") {
  const Folder folder;
  const Umask open_to_all(0);
  const StateDirectory state(folder.file("state"));
  const auto sockets = folder.file("state/sockets");
  REQUIRE(std::filesystem::create_directories(sockets));
  REQUIRE(mode_of(sockets) == 0777);
  zmq::context_t context;
  AddressClaim claim("ipc://" + sockets + "/control");
  const auto socket = make_control_router(context, claim);
  CHECK(mode_of(sockets) == 0700);
  CHECK(mode_of(sockets + "/control") == 0600);
  if (geteuid() != 0) return;  // nobody else can be
  REQUIRE(chown(sockets.c_str(), 65534, 65534) == 0);
  CHECK_THROWS_WITH(AddressClaim("ipc://" + sockets + "/events"),
                    ContainsSubstring("its folder belongs to the user \"nobody\""));
  REQUIRE(chown(sockets.c_str(), 3'999'999'999, 65534) == 0);
  CHECK_THROWS_WITH(AddressClaim("ipc://" + sockets + "/events"),
                    ContainsSubstring("its folder belongs to the user 3999999999;"));
}

TEST_CASE("a socket that was deleted is made anew, and who is connected stays", "[address]") {
  const Folder folder;
  const auto path = folder.file("sockets/control");
  zmq::context_t context;
  AddressClaim claim("ipc://" + path);
  auto socket = make_control_router(context, claim);
  auto early = make_control_dealer(context, claim.endpoint());
  CHECK(claim.is_in_place());
  const auto arrives_from = [&](zmq::socket_t& peer) {
    peer.set(zmq::sockopt::sndtimeo, 30'000);
    peer.send(zmq::str_buffer("hello"), zmq::send_flags::none);
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    if (zmq::poll(&item, 1, std::chrono::seconds(30)) == 0) return false;
    for (zmq::message_t part; socket.recv(part, zmq::recv_flags::dontwait);) continue;
    return true;
  };
  CHECK(arrives_from(early));
  SECTION("with its folder") { std::filesystem::remove_all(folder.file("sockets")); }
  SECTION("alone") { std::filesystem::remove(path); }
  SECTION("its lock") { std::filesystem::remove(path + ".lock"); }
  CHECK_FALSE(claim.is_in_place());
  listen_again(socket, claim);
  CHECK(claim.is_in_place());
  auto late = make_control_dealer(context, claim.endpoint());
  CHECK(arrives_from(late));
  CHECK(arrives_from(early));
  CHECK_THROWS_WITH(AddressClaim(claim.endpoint()), ContainsSubstring("in use by " + me));
}

TEST_CASE("what may be a living listener is not replaced", "[address]") {
  const Folder folder;
  const auto path = folder.file("log");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  const int other = socket(AF_UNIX, SOCK_DGRAM, 0);
  REQUIRE(bind(other, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK_THROWS_WITH(AddressClaim("ipc://" + path), ContainsSubstring("somebody may listen there"));
  CHECK(std::filesystem::exists(path));
  close(other);
}

TEST_CASE("a lock follows no link", "[address]") {
  const Folder folder;
  std::filesystem::create_symlink(folder.file("victim"), folder.file("control.lock"));
  CHECK_THROWS_WITH(AddressClaim("ipc://" + folder.file("control")),
                    ContainsSubstring("cannot open " + folder.file("control.lock")));
  CHECK_FALSE(std::filesystem::exists(folder.file("victim")));
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
  const auto first = make_control_router(context, claimed(endpoint));
  CHECK_THROWS_WITH(make_control_router(context, claimed(endpoint)),
                    ContainsSubstring("in use by " + me));
}

TEST_CASE("who reaches nobody is told why and what to do", "[address]") {
  const Folder folder;
  const auto path = folder.file("control");
  const auto why = [&] { return why_unreached("ipc://" + path); };
  CHECK_THAT(why(),
             ContainsSubstring(": there is no such socket (this process belongs to the user "));
  CHECK_THAT(why(), ContainsSubstring("same state directory"));
  CHECK_THAT(why(), ContainsSubstring("(transport: in the file that --config names)"));
  { const Stranger stranger(path); }
  CHECK_THAT(why(), ContainsSubstring(": nobody listens there any more ("));
  std::filesystem::remove(path);
  const Stranger stranger(path);
  CHECK_THAT(why(), ContainsSubstring(": whoever listens there does not answer ("));
  CHECK(why_unreached("tcp://127.0.0.1:1").empty());
}

}  // namespace stalewatch
