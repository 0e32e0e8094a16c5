#include "common/bus/bus.hpp"

#include "tests/catch.hpp"
#include "tests/claim.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <sstream>
#include <thread>

using namespace stalewatch;

namespace {

/// A publisher that says what it likes, and a receiver of ours.
struct Pair {
  Pair()
      : endpoint("ipc:///tmp/stalewatch-bus-test-" + std::to_string(getpid())),
        receiver(make_samples_receiver(context, claimed_when_free(endpoint))) {}

  void send(const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i)
      publisher().send(zmq::buffer(frames[i]),
                       i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }

  zmq::socket_t& publisher() {
    if (!connected) {
      publisher_ = zmq::socket_t(context, zmq::socket_type::xpub);
      publisher_.set(zmq::sockopt::linger, 0);
      publisher_.set(zmq::sockopt::rcvtimeo, 30'000);
      publisher_.connect(endpoint);
      // The receiver's thread has to run inside ZeroMQ for its subscription to go out.
      zmq::message_t subscription;
      for (int i = 0; i < 3'000 && !publisher_.recv(subscription, zmq::recv_flags::dontwait); ++i) {
        zmq::pollitem_t item{receiver.handle(), 0, ZMQ_POLLIN, 0};
        zmq::poll(&item, 1, std::chrono::milliseconds(10));
      }
      connected = true;
    }
    return publisher_;
  }

  std::optional<Frames> next() {
    for (int i = 0; i < 300; ++i) {  // a bad message may come by itself, the good one later
      zmq::pollitem_t item{receiver.handle(), 0, ZMQ_POLLIN, 0};
      zmq::poll(&item, 1, std::chrono::milliseconds(100));
      if (auto frames = receive(receiver, bad)) return frames;
    }
    return std::nullopt;
  }

  std::string endpoint;
  zmq::context_t context;
  zmq::socket_t receiver;
  zmq::socket_t publisher_;
  bool connected = false;
  BadFrames bad;
};

/// What is logged meanwhile.
class LogKept {
 public:
  LogKept() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(stream_)));
  }
  ~LogKept() { spdlog::set_default_logger(before_); }
  std::string text() const { return stream_.str(); }

 private:
  std::shared_ptr<spdlog::logger> before_;
  std::ostringstream stream_;
};

const std::string header = encode_header({wire_version, "p", "boot", 1});

}  // namespace

TEST_CASE("what has come before the aggregator went away is read whole", "[bus]") {
  const auto endpoint = "ipc:///tmp/stalewatch-bus-events-" + std::to_string(getpid());
  constexpr int count = 500;  // libzmq looks at its connections every hundred frames
  zmq::context_t theirs, ours;
  auto sender = make_events_sender(theirs, claimed(endpoint));
  sender.set(zmq::sockopt::rcvtimeo, 30'000);
  auto receiver = make_events_receiver(ours, endpoint);
  zmq::message_t subscription;
  REQUIRE(sender.recv(subscription));
  Sender who("p", "boot");
  for (int i = 0; i < count; ++i) REQUIRE(send_frames(sender, who, "event", "body"));
  BadFrames bad;
  const auto next = [&] {
    zmq::pollitem_t item{receiver.handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, std::chrono::seconds(30));
    return receive(receiver, bad);
  };
  REQUIRE(next());
  sender.set(zmq::sockopt::linger, 30'000);
  sender.close();
  theirs.close();  // returns when everything has been handed over
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the receiver's side has seen it
  int received = 1;
  while (received < count && receive(receiver, bad)) ++received;
  CHECK(received == count);
}

TEST_CASE("messages that are not ours are counted and skipped, and swallow nothing that follows",
          "[bus]") {
  const auto bad = GENERATE(
      std::vector<std::string>{"samples"}, std::vector<std::string>{"samples", header},
      std::vector<std::string>{"a", "b", "c", "d"},
      std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g"},
      std::vector<std::string>{"samples", "rubbish", "body"},
      std::vector<std::string>{"samples", encode_header({99, "p", "b", 1}), "body"},
      std::vector<std::string>{"samples", encode_header({1, std::string(300, 'x'), "b", 1}), ""});
  Pair pair;
  pair.send(bad);
  pair.send({"samples", header, "one"});
  pair.send({"samples", header, "two"});
  const auto one = pair.next();
  REQUIRE(one);
  CHECK(one->body == "one");
  CHECK(one->header.sender == "p");
  const auto two = pair.next();
  REQUIRE(two);
  CHECK(two->body == "two");
  CHECK(pair.bad.total() == 1);
}

TEST_CASE("a message without a sender is told by its peer's address, once", "[bus]") {
  LogKept log;
  zmq::context_t context;
  auto receiver = make_control_router(context, claimed("tcp://127.0.0.1:*"));
  auto sender = make_control_dealer(context, receiver.get(zmq::sockopt::last_endpoint));
  sender.set(zmq::sockopt::sndtimeo, 30'000);
  BadFrames bad;
  for (int i = 0; i < 3; ++i) sender.send(zmq::str_buffer("rubbish"), zmq::send_flags::none);
  for (int i = 0; i < 300 && bad.total() < 3; ++i) {
    zmq::pollitem_t item{receiver.handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, std::chrono::milliseconds(100));
    CHECK_FALSE(receive(receiver, bad));
  }
  CHECK(bad.total() == 3);
  const auto told = log.text();
  CHECK_THAT(told, Catch::Matchers::ContainsSubstring("from=127.0.0.1 "));
  CHECK(told.find("dropped") == told.rfind("dropped"));
}

TEST_CASE("a message beyond the limit is not sent, which is counted and told; the next one goes",
          "[bus]") {
  LogKept log;
  zmq::context_t context;
  auto receiver = make_control_router(context, claimed("tcp://127.0.0.1:*"));
  auto dealer = make_control_dealer(context, receiver.get(zmq::sockopt::last_endpoint));
  Sender sender("p", "boot");
  // The largest that goes, so that what does not is known not to have been lost on the way.
  const auto sends = [&](std::size_t bytes) {
    for (int i = 0; i < 300; ++i) {  // until it is connected
      if (send_frames(dealer, sender, "targets", std::string(bytes, 'x'))) return true;
      if (bytes > max_frame_bytes) return false;
      zmq::pollitem_t item{dealer.handle(), 0, ZMQ_POLLOUT, 0};
      zmq::poll(&item, 1, std::chrono::milliseconds(100));
    }
    return false;
  };
  CHECK_FALSE(sends(max_frame_bytes + 1));
  CHECK_FALSE(sends(max_frame_bytes + 2));
  CHECK(sends(max_frame_bytes));
  CHECK(sender.refused() == 2);
  const auto told = log.text();
  CHECK_THAT(told, Catch::Matchers::ContainsSubstring("topic=targets bytes=4194305 "));
  CHECK(told.find("too large") == told.rfind("too large"));
  BadFrames bad;
  zmq::pollitem_t item{receiver.handle(), 0, ZMQ_POLLIN, 0};
  zmq::poll(&item, 1, std::chrono::seconds(30));
  const auto got = receive(receiver, bad);
  REQUIRE(got);
  CHECK(got->body.size() == max_frame_bytes);
}

TEST_CASE("a port that is taken is named, and who has it", "[bus]") {
  zmq::context_t context;
  auto first = make_control_router(context, claimed("tcp://127.0.0.1:*"));
  const auto endpoint = first.get(zmq::sockopt::last_endpoint);
  CHECK_THROWS_WITH(
      make_control_router(context, claimed(endpoint)),
      Catch::Matchers::ContainsSubstring(endpoint + ": in use by another program (process " +
                                         std::to_string(getpid()) + ", common_tests)"));
}

TEST_CASE("an address that cannot be is told with what to do", "[bus]") {
  zmq::context_t context;
  // libzmq 4.3.5 knows also what has a name, as localhost.
  CHECK_THROWS_WITH(make_control_router(context, claimed("tcp://nowhere.invalid:45555")),
                    Catch::Matchers::ContainsSubstring("by its number"));
  CHECK_THROWS_WITH(make_control_dealer(context, "ipc:///" + std::string(200, 'x')),
                    Catch::Matchers::ContainsSubstring("STALEWATCH_STATE_DIR"));
}
