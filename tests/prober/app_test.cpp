// The prober against an aggregator made of bare sockets.

#include "prober/app.hpp"

#include "common/base/clocks.hpp"
#include "common/process/health.hpp"
#include "test_server.hpp"
#include "tests/catch.hpp"
#include "tests/claim.hpp"
#include "tests/temporary_folder.hpp"

#include <atomic>
#include <set>

namespace stalewatch::prober {
namespace {

using namespace std::chrono_literals;

std::string endpoint(const Folder& folder, const std::string& name) {
  return "ipc://" + folder.file(name);
}

struct FakeAggregator {
  explicit FakeAggregator(const Folder& folder)
      : router(make_control_router(context, claimed_when_free(endpoint(folder, "control")))),
        samples(make_samples_receiver(context, claimed_when_free(endpoint(folder, "samples")))) {}

  void turn() {
    while (const auto frames = receive(router, bad)) {
      peer = frames->peer;
      if (frames->topic == "hello") hellos.push_back(*decode<Hello>(frames->body));
      if (frames->topic == "goodbye") goodbyes.push_back(*decode<Goodbye>(frames->body));
      if (frames->topic == "lease") {
        leases.push_back(*decode<Lease>(frames->body));
        if (answering)
          send(router, sender, LeaseReply{known, leases.back().sent_at, read_clocks().wall + ahead},
               peer);
        if (answering && known && leases.back().clock_offset)
          send(router, sender, Ack{assignment, acked, std::exchange(resend_from, std::nullopt)},
               peer);
      }
    }
    while (const auto frames = receive(samples, bad))
      batches.push_back(*decode<SampleBatch>(frames->body));
  }

  zmq::context_t context;
  zmq::socket_t router;
  zmq::socket_t samples;
  Sender sender{"aggregator", "boot"};
  BadFrames bad;
  std::string peer;
  std::string assignment = "A";
  std::int64_t acked = 0;
  std::optional<std::uint64_t> resend_from;
  bool known = true;
  bool answering = true;
  Duration ahead{};
  std::vector<Hello> hellos;
  std::vector<Lease> leases;
  std::vector<Goodbye> goodbyes;
  std::vector<SampleBatch> batches;
};

struct Setup {
  Setup() {
    config.transport.samples = endpoint(folder, "samples");
    config.transport.control = endpoint(folder, "control");
    config.prober.name = "p1";
    config.prober.zone = "z1";
    app = std::make_unique<App>(config, health);
  }

  template <typename Condition>
  void until(Condition done, FakeAggregator* other = nullptr) {
    const SteadyTime end = read_clocks().mono + 30s;
    while (!done()) {
      REQUIRE(read_clocks().mono < end);
      app->run_once(10ms);
      if (other != nullptr) other->turn();
    }
  }

  void assign(FakeAggregator& to, const std::string& assignment, std::uint64_t generation,
              std::vector<TargetSpec> added) {
    // One piece each, so that only the last one makes them count.
    for (std::size_t i = 0; i < added.size(); ++i)
      send(to.router, to.sender,
           Targets{assignment, generation, i == 0, i + 1 == added.size(), 3s, {added[i]}, {}},
           to.peer);
  }

  TargetSpec target(std::uint32_t id, const std::string& path = "/") const {
    return {.id = id,
            .key = "t" + std::to_string(id),
            .address = server.url(path),
            .interval = 200ms,
            .timeout = path == "/hang" ? 200ms : 5s,  // others answer, however busy the machine is
            .time_field = "computed_time",
            .time_format = "auto",
            .timezone = "UTC",
            .max_future = 1min};
  }

  std::atomic<int> requests = 0;
  TestServer server{[this](const Exchange& exchange) {
    ++requests;
    if (exchange.path == "/hang") return std::this_thread::sleep_for(1s), true;
    exchange.answer("200 OK", R"({"computed_time": "2026-01-02T03:04:05Z"})");
    return true;
  }};
  Folder folder;
  Config config;
  Health health{"prober"};
  std::unique_ptr<App> app;
};

TEST_CASE("a prober says hello, takes its targets, renews its lease and sends samples", "[app]") {
  Setup setup;
  FakeAggregator aggregator(setup.folder);
  aggregator.ahead = 10min;
  setup.until([&] { return !aggregator.hellos.empty(); }, &aggregator);
  const Hello hello = aggregator.hellos.front();
  CHECK(hello.role == "prober");
  CHECK(hello.name == "p1");
  CHECK(hello.zone == "z1");
  CHECK(hello.instance.size() == 32);
  CHECK_FALSE(hello.version.empty());

  setup.assign(aggregator, "A", 7, {setup.target(1), setup.target(2)});
  setup.until(
      [&] { return aggregator.batches.size() >= 4 && aggregator.leases.back().last_news_seq == 2; },
      &aggregator);
  CHECK(aggregator.leases.front().generation == 7);
  CHECK(aggregator.leases.front().instance == hello.instance);
  CHECK_FALSE(aggregator.leases.front().clock_offset);
  REQUIRE(aggregator.leases.back().clock_offset);
  CHECK(abs(*aggregator.leases.back().clock_offset - 10min) < 5s);
  CHECK(aggregator.leases.back().last_news_seq == 2);
  const SampleBatch batch = aggregator.batches.front();
  CHECK(batch.assignment == "A");
  CHECK(batch.samples.front().outcome == Outcome::ok);
  CHECK(batch.samples.front().news_seq == 1);

  // What is acknowledged goes, what is missing comes again.
  CHECK(batch.after == 0);
  CHECK(aggregator.leases.back().oldest_news_seq == 1);
  aggregator.acked = 1;
  aggregator.resend_from = 2;
  const auto before = aggregator.batches.size();
  const auto again = [&] {
    for (std::size_t i = before; i < aggregator.batches.size(); ++i)
      for (const auto& sample : aggregator.batches[i].samples)
        if (sample.news_seq == 2) return true;
    return false;
  };
  setup.until([&] { return again() && aggregator.leases.back().oldest_news_seq == 2; },
              &aggregator);

  // An aggregator that does not know it hears hello again.
  aggregator.known = false;
  const auto hellos = aggregator.hellos.size();
  setup.until([&] { return aggregator.hellos.size() > hellos; }, &aggregator);
  CHECK(aggregator.hellos.back() == hello);

  setup.app->stop();  // nobody answers: it does not wait for long
  setup.app.reset();
  const SteadyTime end = read_clocks().mono + 10s;
  while (aggregator.goodbyes.empty() && read_clocks().mono < end) aggregator.turn();
  REQUIRE(aggregator.goodbyes.size() == 1);
  CHECK(aggregator.goodbyes.front().instance == hello.instance);
  CHECK(aggregator.goodbyes.front().last_news_seq == 2);
}

TEST_CASE("one target that is not understood or cannot be probed keeps no other from being probed",
          "[app][bad element]") {
  Setup setup;
  FakeAggregator aggregator(setup.folder);
  setup.until([&] { return !aggregator.hellos.empty(); }, &aggregator);
  std::vector<TargetSpec> targets;
  for (std::uint32_t id = 1; id <= 5; ++id) targets.push_back(setup.target(id));
  targets[1].interval = Duration(123'456'789);
  targets[2].interval = {};
  targets[3].timeout = {};
  auto bytes = encode(Targets{"A", 1, true, true, 3s, targets, {}});
  const std::string interval("\xce\x07\x5b\xcd\x15");  // of the second: becomes a text
  REQUIRE(bytes.find(interval) != bytes.npos);
  bytes.replace(bytes.find(interval), interval.size(), "\xa4soon");
  send_frames(aggregator.router, aggregator.sender, "targets", bytes, aggregator.peer);
  std::set<std::uint32_t> probed;
  setup.until(
      [&] {
        for (const auto& batch : aggregator.batches)
          for (const auto& sample : batch.samples) probed.insert(sample.target);
        return probed.contains(1) && probed.contains(5) &&
               aggregator.leases.back().generation == 1;  // it has all of it, and asks for nothing
      },
      &aggregator);
  CHECK(probed == std::set<std::uint32_t>{1, 5});
}

TEST_CASE("samples wait for an aggregator that comes later, and for one that comes back", "[app]") {
  Setup setup;
  auto first = std::make_unique<FakeAggregator>(setup.folder);
  setup.until([&] { return !first->hellos.empty(); }, first.get());
  setup.assign(*first, "A", 1, {setup.target(1), setup.target(2)});
  setup.until([&] { return first->batches.size() >= 2; }, first.get());
  first.reset();

  // It goes on by its last assignment; news and the newest sample of each target are kept.
  const int requests = setup.requests;
  setup.until([&] { return setup.requests >= requests + 12; });
  CHECK(setup.server.connections() <= 2);  // kept ones

  FakeAggregator second(setup.folder);
  second.known = false;
  setup.until([&] { return !second.hellos.empty(); }, &second);
  CHECK(second.batches.empty());  // it could not make anything of them yet
  second.known = true;
  setup.assign(second, "A", 2, {setup.target(1), setup.target(2)});
  setup.until([&] { return !second.batches.empty(); }, &second);
  CHECK(second.batches.front().assignment == "A");
  const auto& samples = second.batches.front().samples;
  REQUIRE(samples.size() >= 4);
  CHECK(samples[0].news_seq == 1);
  CHECK(samples[1].news_seq == 2);
  // The newest of each target and, on a slow machine, what has come since somebody listens: nothing
  // of what came between.
  std::set<std::uint32_t> kept;
  for (std::size_t i = 2; i < samples.size(); ++i) {
    CHECK(samples[i].news_seq == 0);
    CHECK(samples[i].streak > 3);
    kept.insert(samples[i].target);
  }
  CHECK(kept == std::set<std::uint32_t>{1, 2});
}

TEST_CASE("ids of a new assignment are not mixed with the old ones", "[app]") {
  Setup setup;
  FakeAggregator aggregator(setup.folder);
  setup.until([&] { return !aggregator.hellos.empty(); }, &aggregator);
  setup.assign(aggregator, "A", 1, {setup.target(1)});
  setup.until([&] { return !aggregator.batches.empty(); }, &aggregator);
  auto moved = setup.target(1, "/hang");
  moved.key = "another";
  aggregator.assignment = "B";
  setup.assign(aggregator, "B", 2, {moved});
  setup.until([&] { return aggregator.batches.back().assignment == "B"; }, &aggregator);
  for (const auto& batch : aggregator.batches)
    for (const auto& sample : batch.samples)
      CHECK((sample.outcome == Outcome::timeout) == (batch.assignment == "B"));
}

}  // namespace
}  // namespace stalewatch::prober
