// Consumers at the control socket.

#include "tests/aggregator/control_room.hpp"

namespace stalewatch::aggregator {
namespace {

using Acks = std::map<std::string, std::int64_t>;

/// Its journal "j" ends at event 10.
struct Switchboard : Room {
  Switchboard() : Room({}) {
    journal_id = "j";
    head = 10;
    core.apply(input::ConfigureConsumers{{"notifier", "recorder"}}, t0);
  }

  template <typename M>
  void say(const std::string& name, const M& message) {
    Sender who(name, "boot");
    tell_as(who, message);
  }

  /// Handles all that was said: a command is answered after what came before it.
  void handle() { ask("status"); }
};

TEST_CASE("the newest acknowledgement of each consumer with a place counts", "[control]") {
  Switchboard board;
  board.say("notifier", Ack{.journal = "j", .seq = 3});
  board.say("recorder", Ack{.journal = "j", .seq = 10});
  board.say("notifier", Ack{.journal = "j", .seq = 5});
  board.handle();
  CHECK(board.control.take_acks() == Acks{{"notifier", 5}, {"recorder", 10}});
  CHECK(board.control.take_acks().empty());
  CHECK(board.control.refused_acks() == 0);
}

TEST_CASE("numbers that there are not, and strangers, displace none that counts", "[control]") {
  Switchboard board;
  board.say("recorder", Ack{.journal = "j", .seq = 10});
  board.say("recorder", Ack{.journal = "j", .seq = 11});
  board.say("recorder", Ack{.journal = "j", .seq = -1});
  board.say("recorder", Ack{.journal = "another", .seq = 3});
  for (int i = 0; i < 20; ++i)
    board.say("stranger-" + std::to_string(i), Ack{.journal = "j", .seq = 1});
  board.handle();
  CHECK(board.control.take_acks() == Acks{{"recorder", 10}});
  CHECK(board.control.refused_acks() == 22);
}

TEST_CASE("what consumers acknowledge and ask for is heard as their word, with its connection",
          "[control]") {
  Switchboard board;
  board.say("recorder", Ack{.journal = "j", .seq = 11});
  board.say("notifier", Replay{.journal = "k", .after = 7});
  board.handle();
  REQUIRE(board.heard.size() == 2);
  CHECK(board.heard[0].consumer == "recorder");
  CHECK(board.heard[0].journal == "j");
  CHECK(board.heard[0].seq == 11);
  CHECK(board.heard[0].acknowledges);
  CHECK(board.heard[1].consumer == "notifier");
  CHECK(board.heard[1].journal == "k");
  CHECK(board.heard[1].seq == 7);
  CHECK_FALSE(board.heard[1].acknowledges);
  CHECK(board.heard[1].peer == board.heard[0].peer);
  CHECK_FALSE(board.heard[0].peer.empty());
}

TEST_CASE("forget says that the configuration is where a place is ended", "[control]") {
  Switchboard board;
  auto reply = board.ask("forget", {"recorder"});
  CHECK_FALSE(reply.ok);
  CHECK(reply.text ==
        "events are kept for recorder because journal.consumers names it: take it out there, then "
        "reload");
  reply = board.ask("forget", {"old\nscript"});
  CHECK_FALSE(reply.ok);
  CHECK(reply.text ==
        "nothing is kept for \"old\\nscript\"; journal.consumers names notifier, recorder");
  CHECK_FALSE(board.ask("forget", {}).ok);
  board.core.apply(input::ConfigureConsumers{{}}, t0);
  CHECK(board.ask("forget", {"recorder"}).text ==
        "nothing is kept for \"recorder\"; journal.consumers names nobody");
}

}  // namespace
}  // namespace stalewatch::aggregator
