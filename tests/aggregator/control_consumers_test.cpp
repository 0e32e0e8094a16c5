#include "aggregator/control.hpp"
#include "aggregator/journal/journal.hpp"
#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <unistd.h>

namespace stalewatch::aggregator {
namespace {

using Acks = std::map<std::string, std::int64_t>;

/// The control socket of an aggregator whose journal "j" ends at event 10, and a peer.
struct Switchboard {
  Switchboard() { bench.core().configure_consumers({"notifier", "recorder"}, t0); }

  template <typename M>
  void say(const std::string& name, const M& message) {
    Sender sender(name, "boot");
    const auto end = read_clocks().mono + 20s;
    while (!send(peer, sender, message) && read_clocks().mono < end) {
      control.drain(t0);  // no connection yet, or a full queue
      usleep(1'000);
    }
  }

  /// Handles all that was said; what it led to is then to be seen.
  void handle() {
    // A command is answered after all that came before it on the same connection.
    say("test", Command{.id = ++asked, .word = "status"});
    reply(asked);
  }

  Reply command(const std::string& word, std::vector<std::string> arguments) {
    say("test", Command{.id = ++asked, .word = word, .arguments = std::move(arguments)});
    return reply(asked);
  }

  Reply reply(std::uint64_t id) {
    for (const auto end = read_clocks().mono + 20s; read_clocks().mono < end; usleep(1'000)) {
      control.drain(t0);
      const auto frames = receive(peer, bad);
      if (!frames || frames->topic != topic_of<Reply>()) continue;
      if (auto answer = decode<Reply>(frames->body); answer && answer->id == id) return *answer;
    }
    FAIL("no answer");
    return {};
  }

  Folder folder;
  Journal journal{folder.file("journal.sqlite"), Journal::Mode::write};
  JournalReader reader{folder.file("journal.sqlite")};
  std::string journal_id = "j";
  Bench bench;
  std::vector<Claim> heard;
  zmq::context_t context;
  std::string endpoint = "ipc://" + folder.file("control");
  Control control{make_control_router(context, endpoint),
                  Sender("aggregator", "boot"),
                  {.core = bench.core(),
                   .reader = reader,
                   .journal_id = journal_id,
                   .lease = 5s,
                   .reload = [](bool&) { return std::string(); },
                   .head = [] { return std::int64_t{10}; },
                   .heard = [this](const Claim& claim) { heard.push_back(claim); }}};
  zmq::socket_t peer = make_control_dealer(context, endpoint);
  BadFrames bad;
  std::uint64_t asked = 0;
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
  auto reply = board.command("forget", {"recorder"});
  CHECK_FALSE(reply.ok);
  CHECK(reply.text ==
        "events are kept for recorder because journal.consumers names it: take it out there, then "
        "reload");
  reply = board.command("forget", {"old\nscript"});
  CHECK_FALSE(reply.ok);
  CHECK(reply.text ==
        "nothing is kept for \"old\\nscript\"; journal.consumers names notifier, recorder");
  CHECK_FALSE(board.command("forget", {}).ok);
  board.bench.core().configure_consumers({}, t0);
  CHECK(board.command("forget", {"recorder"}).text ==
        "nothing is kept for \"recorder\"; journal.consumers names nobody");
}

}  // namespace
}  // namespace stalewatch::aggregator
