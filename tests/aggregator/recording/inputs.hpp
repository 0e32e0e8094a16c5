#pragma once

// Random inputs of a core, of every kind.

#include "aggregator/core.hpp"
#include "tests/aggregator/bench.hpp"

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace stalewatch::aggregator {

struct TimedInput {
  Input input;
  Instant now;
};

/// Three targets, two probers that come, go, lose news and are lost, two consumers, and a clock
/// that is stepped.
class RandomInputs {
 public:
  explicit RandomInputs(unsigned seed) : random_(seed) {}

  std::vector<TimedInput> make(int count) {
    add(input::Configure{servers(), true});
    add(input::ConfigureConsumers{{"notifier", "recorder"}});
    for (int i = 0; i < count; ++i) {
      now_ += Duration(any(3'000'000));
      one();
      add(input::Tick{});
    }
    return std::move(inputs_);
  }

 private:
  struct Imagined {
    std::string instance;
    bool here = false;
    std::uint64_t sent = 0;
  };

  std::uint32_t any(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  bool one_in(std::uint32_t n) { return any(n) == 0; }
  void add(Input input) { inputs_.push_back({std::move(input), now_}); }

  std::vector<ServerConfig> servers() {
    std::vector<ServerConfig> all;
    for (const std::string key : {"A", "B", "C"}) {
      if (key == "C" && one_in(4)) continue;
      auto config = server(key);
      config.address = "http://user:secret@h/" + key;
      config.interval = 5s;
      config.threshold = 20s;
      config.msg_interval = one_in(3) ? 45s : 15s;
      config.server_clock = key == "B";
      config.recover_after = 1 + any(2);
      config.notification = !one_in(4);
      all.push_back(config);
    }
    return all;
  }

  void one() {
    auto& prober = probers_[any(2)];
    const auto what = any(40);
    if (!prober.here || what == 0) return hello(prober);
    if (what < 22) return samples(prober);
    if (what < 32) return lease(prober);
    if (what == 32) return beat();
    if (what == 33) return leave(prober);
    if (what == 34) return add(input::Garbled{prober.instance});
    if (what == 35) return add(input::Configure{servers(), true});
    if (what == 36) return seldom();
    now_ += Duration(std::chrono::seconds(any(40)));  // silence
  }

  void hello(Imagined& prober) {
    if (prober.instance.empty() || one_in(2)) {
      prober.instance = "instance-" + std::to_string(++instances_);
      prober.sent = 0;
    }
    prober.here = true;
    add(input::Hello{{.role = "prober", .name = "host", .instance = prober.instance}, "peer"});
    lease(prober);
  }

  void lease(const Imagined& prober) {
    stalewatch::Lease lease{.instance = prober.instance,
                            .last_news_seq = prober.sent + (one_in(10) ? 2 : 0),
                            .sent_at = now_};
    if (!one_in(5)) lease.clock_offset = Duration(any(2'000'000)) - 1s;
    lease.oldest_news_seq = one_in(12) ? lease.last_news_seq + 1 : 1;
    add(input::Lease{lease, "peer"});
  }

  void samples(Imagined& prober) {
    const auto after = prober.sent;
    std::vector<Sample> batch;
    for (auto n = 1 + any(3); n > 0; --n) {
      Sample sample{.target = 1 + any(4), .probed_at = now_ - Duration(any(2'000'000))};
      if (one_in(2)) sample.news_seq = prober.sent += one_in(15) ? 2 : 1;
      sample.since = sample.probed_at - 10s;
      sample.streak = 1 + any(4);
      if (one_in(4)) {
        sample.outcome = Outcome::connect;
        sample.detail = "connection refused";
      } else {
        if (one_in(4)) computed_ = now_ - Duration(any(30'000'000));
        sample.computed_at = computed_;
        if (one_in(2)) {
          sample.clock_offset = Duration(any(90'000'000));
          sample.clock_uncertainty = Duration(1000);
        }
      }
      sample.unreadable = one_in(30);
      batch.push_back(sample);
    }
    add(input::Samples{"host", prober.instance, std::move(batch), after});
  }

  void leave(Imagined& prober) {
    add(input::Goodbye{{prober.instance, prober.sent}});
    prober.here = false;
  }

  void beat() {
    add(input::Published{++head_});
    add(input::Acked{one_in(2) ? "notifier" : "recorder", head_ - any(2)});
    add(input::WatchConsumers{5s});
    if (one_in(4)) add(input::JournalTrouble{one_in(2) ? "disk full" : ""});
    if (one_in(6)) add(input::ConsumerStuck{"recorder", "it has no table"});
  }

  void seldom() {
    switch (any(5)) {
      case 0:
        return add(input::Resume{});
      case 1:
        return add(input::ClockStepped{1h, "because"});
      case 2: {
        const Duration shift = one_in(2) ? Duration(10min) : Duration(-10min);
        now_ += shift;
        return add(input::ClockAdopted{shift, "the targets agree"});
      }
      case 3:
        return add(input::Resend{one_in(2) ? "" : probers_[0].instance});
      default:
        return add(input::Assigned{probers_[0].instance, ++generation_});
    }
  }

  std::mt19937 random_;
  Instant now_ = t0;
  Instant computed_ = t0;
  std::vector<TimedInput> inputs_;
  Imagined probers_[2];
  std::int64_t head_ = 0;
  std::uint64_t generation_ = 0;
  int instances_ = 0;
};

}  // namespace stalewatch::aggregator
