#include "common/base/wake.hpp"

#include "tests/catch.hpp"

#include <poll.h>

#include <thread>

namespace stalewatch {

TEST_CASE("a thread is woken by another, once for however many times", "[base]") {
  Wake wake;
  const auto is_readable = [&](int patience_ms) {
    pollfd fd = {wake.fd(), POLLIN, 0};
    return ::poll(&fd, 1, patience_ms) == 1;
  };
  CHECK_FALSE(is_readable(0));
  CHECK_FALSE(wake.take());
  std::thread other([&] {
    wake.wake();
    wake.wake();
  });
  CHECK(is_readable(20'000));
  other.join();
  CHECK(wake.take());
  CHECK_FALSE(wake.take());
  CHECK_FALSE(is_readable(0));
}

}  // namespace stalewatch
