#include "common/bus/event_source.hpp"

#include "common/base/clocks.hpp"
#include "tests/catch.hpp"
#include "tests/claim.hpp"
#include "tests/temporary_folder.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>

namespace stalewatch {
namespace {

using namespace std::chrono_literals;

/// As much of an aggregator as a consumer sees, with a journal in memory. turn() answers what has
/// come.
class FakeAggregator {
 public:
  FakeAggregator(zmq::context_t& context, const TransportConfig& transport, const std::string& boot)
      : router_(make_control_router(context, claimed_when_free(transport.control))),
        events_(make_events_sender(context, claimed_when_free(transport.events))),
        sender_("aggregator", boot) {
    router_.set(zmq::sockopt::linger, 0);
    events_.set(zmq::sockopt::linger, 0);
  }

  void publish(bool live = true) {
    journal.push_back({.seq = static_cast<std::int64_t>(journal.size()) + 1});
    if (live) send(events_, sender_, journal.back());
  }

  void turn() {
    send(events_, sender_, Beat{journal_id, static_cast<std::int64_t>(journal.size()), {}});
    while (const auto frames = receive(router_, bad_)) {
      if (frames->topic == "hello") hellos.push_back(*decode<Hello>(frames->body));
      if (frames->topic == "ack") acks.push_back(*decode<Ack>(frames->body));
      if (frames->topic == "goodbye") ++goodbyes;
      if (frames->topic == "replay")
        send(router_, sender_, answer(*decode<Replay>(frames->body)), frames->peer);
      if (frames->topic == "command") {
        const auto command = decode<Command>(frames->body);
        send(router_, sender_, Reply{.id = command->id, .ok = true, .text = command->word},
             frames->peer);
      }
    }
  }

  void send_garbage() {
    events_.send(zmq::str_buffer("x"), zmq::send_flags::none);
    send_frames(events_, sender_, "event", "\xc1 not msgpack");
  }

  std::string journal_id = "j";
  std::vector<Event> journal;
  std::vector<Hello> hellos;
  std::vector<Ack> acks;
  int goodbyes = 0;

 private:
  Replayed answer(const Replay& ask) const {
    const auto head = static_cast<std::int64_t>(journal.size());
    Replayed page{.journal = journal_id,
                  .after = ask.after < 0 ? head : ask.after,
                  .oldest = 1,
                  .head = head};
    if (!ask.journal.empty() && ask.journal != journal_id) return page;
    for (auto seq = page.after; seq < head && seq < page.after + ask.limit; ++seq)
      page.events.push_back(journal[static_cast<std::size_t>(seq)]);
    page.caught_up = page.after + ask.limit >= head;
    return page;
  }

  zmq::socket_t router_;
  zmq::socket_t events_;
  Sender sender_;
  BadFrames bad_;
};

/// Sockets in a directory of their own, so that an aggregator can come back at the same address.
struct Sockets {
  Sockets() {
    transport.control = "ipc://" + folder.file("control");
    transport.events = "ipc://" + folder.file("events");
  }

  Folder folder;
  TransportConfig transport;
  zmq::context_t context;
};

/// A consumer that remembers what it took.
struct Consumer {
  Consumer(Sockets& sockets, std::optional<Cursor> cursor)
      : source(sockets.context, sockets.transport, "recorder", std::move(cursor), StartAt::oldest) {
  }

  void turn() {
    const EventBatch batch = source.poll(20ms, 100);
    if (batch.previous_journal) journals_left.push_back(*batch.previous_journal);
    for (const Event& event : batch.events) seqs.push_back(event.seq);
    if (!batch.events.empty()) source.ack(batch.cursor);
  }

  EventSource source;
  std::vector<std::int64_t> seqs;
  std::vector<std::string> journals_left;
};

bool eventually(const std::function<bool()>& condition, const std::function<void()>& turn) {
  for (const auto deadline = read_clocks().mono + 20s; read_clocks().mono < deadline; turn())
    if (condition()) return true;
  return condition();
}

std::vector<std::int64_t> up_to(std::int64_t last) {
  std::vector<std::int64_t> seqs;
  for (std::int64_t seq = 1; seq <= last; ++seq) seqs.push_back(seq);
  return seqs;
}

}  // namespace

TEST_CASE("a consumer gets old and new events, lost ones included, and acks them",
          "[event_source]") {
  Sockets sockets;
  FakeAggregator aggregator(sockets.context, sockets.transport, "boot1");
  for (int n = 0; n < 1'200; ++n) aggregator.publish();
  {
    Consumer consumer(sockets, std::nullopt);
    const auto turn = [&] { aggregator.turn(), consumer.turn(); };
    REQUIRE(eventually([&] { return consumer.seqs.size() == 1'200; }, turn));
    aggregator.publish(false);
    aggregator.send_garbage();
    aggregator.publish();
    aggregator.publish(false);
    REQUIRE(eventually([&] { return consumer.seqs.size() == 1'203; }, turn));
    CHECK(consumer.seqs == up_to(1'203));
    REQUIRE(eventually(
        [&] {
          return !aggregator.acks.empty() && aggregator.acks.back() == Ack{"j", 1'203};
        },
        turn));
    CHECK(aggregator.acks.size() < 20);
    CHECK(aggregator.hellos.at(0).role == "consumer");
    CHECK(aggregator.hellos.at(0).name == "recorder");
    CHECK(consumer.source.last_beat());
    CHECK(consumer.source.sequence().caught_up());
  }
  CHECK(eventually([&] { return aggregator.goodbyes == 1; },
                   [&] { aggregator.turn(), usleep(1'000); }));
}

TEST_CASE("an aggregator that is not there is waited for; one that restarts is followed on",
          "[event_source]") {
  Sockets sockets;
  Consumer consumer(sockets, Cursor{"j", 2});
  consumer.seqs = up_to(2);
  consumer.turn();

  auto aggregator = std::make_unique<FakeAggregator>(sockets.context, sockets.transport, "boot1");
  const auto turn = [&] { aggregator->turn(), consumer.turn(); };
  for (int n = 0; n < 5; ++n) aggregator->publish();
  REQUIRE(eventually([&] { return consumer.seqs.size() == 5; }, turn));

  const auto journal = aggregator->journal;
  aggregator.reset();
  consumer.turn();
  aggregator = std::make_unique<FakeAggregator>(sockets.context, sockets.transport, "boot2");
  aggregator->journal = journal;
  for (int n = 0; n < 5; ++n) aggregator->publish();
  REQUIRE(eventually([&] { return consumer.seqs.size() == 10; }, turn));
  CHECK(consumer.seqs == up_to(10));
  CHECK(consumer.journals_left.empty());

  aggregator.reset();
  aggregator = std::make_unique<FakeAggregator>(sockets.context, sockets.transport, "boot3");
  aggregator->journal_id = "k";
  for (int n = 0; n < 12; ++n) aggregator->publish();
  consumer.seqs.clear();
  REQUIRE(eventually([&] { return consumer.seqs.size() == 12; }, turn));
  CHECK(consumer.seqs == up_to(12));
  CHECK(consumer.journals_left == std::vector<std::string>{"j"});
}

TEST_CASE("a command is answered, also when the aggregator comes only later", "[event_source]") {
  Sockets sockets;
  Consumer consumer(sockets, std::nullopt);
  const auto id = consumer.source.ask("problems");
  consumer.turn();
  FakeAggregator aggregator(sockets.context, sockets.transport, "boot1");
  std::optional<Answer> answer;
  REQUIRE(eventually(
      [&] {
        answer = consumer.source.take_answer();
        return answer.has_value();
      },
      [&] { aggregator.turn(), consumer.turn(); }));
  CHECK(answer->reply.id == id);
  CHECK(answer->reply.text == "problems");
  CHECK(answer->boot == "boot1");
}

TEST_CASE("a watched descriptor ends the wait", "[event_source]") {
  Sockets sockets;
  Consumer consumer(sockets, std::nullopt);
  const int fd = eventfd(1, EFD_NONBLOCK);
  consumer.source.watch(fd);
  const auto start = read_clocks().mono;
  CHECK(consumer.source.poll(60s, 1).events.empty());
  consumer.source.pump(60s);
  CHECK(read_clocks().mono - start < 30s);
  close(fd);
}

TEST_CASE("a consumer can begin again elsewhere", "[event_source]") {
  Sockets sockets;
  FakeAggregator aggregator(sockets.context, sockets.transport, "boot1");
  for (int n = 0; n < 5; ++n) aggregator.publish();
  Consumer consumer(sockets, std::nullopt);
  const auto turn = [&] { aggregator.turn(), consumer.turn(); };
  REQUIRE(eventually([&] { return consumer.seqs.size() == 5; }, turn));
  consumer.source.start_from(Cursor{"j", 3});
  REQUIRE(eventually([&] { return consumer.seqs.size() == 7; }, turn));
  CHECK(consumer.seqs == std::vector<std::int64_t>{1, 2, 3, 4, 5, 4, 5});
}

}  // namespace stalewatch
