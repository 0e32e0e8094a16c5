#pragma once

// A core driven by hand: samples at chosen instants, deadlines up to each, events as short texts.

#include "aggregator/core.hpp"
#include "common/messages/names.hpp"
#include "tests/aggregator/instant.hpp"

#include <memory>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

using namespace std::chrono_literals;

inline ServerConfig server(const std::string& key = "PROD") {
  ServerConfig config;
  config.key = config.name = key;
  config.address = "http://127.0.0.1:5000/" + key;
  return config;
}

class Bench {
 public:
  explicit Bench(std::vector<ServerConfig> servers = {server()}, Instant start = t0,
                 Restored restored = {})
      : servers_(std::move(servers)),
        rows_(restored.targets),
        consumers_(restored.consumers),
        trouble_(restored.trouble),
        core_(std::make_unique<Core>(with_feeder(std::move(restored)), 24h * 36500, start)),
        now_(start) {
    core_->apply(input::Configure{servers_}, start);
    collect();
  }

  /// Fires what falls due up to t, each deadline at its own instant.
  void until(Instant t) {
    for (auto due = core_->next_deadline(); due && *due <= t; due = core_->next_deadline()) {
      core_->apply(input::Tick{}, *due);
      collect();
    }
    now_ = t;
  }

  void sample(Instant at, Sample sample, const std::string& prober = "p1",
              const std::string& key = "PROD") {
    until(at);
    sample.target = *core_->targets().id_of(key);
    sample.probed_at = at + feeder_ahead_;
    if (sample.since == Instant{}) sample.since = sample.probed_at;
    core_->apply(input::Samples{prober, "feeder", {sample}, std::nullopt}, at);
    collect();
    until(at);
  }
  void ok(Instant at, Instant computed, std::uint32_t streak = 1) {
    sample(at, {.streak = streak, .http_status = 200, .computed_at = computed});
  }
  void fail(Instant at, std::uint32_t streak = 2, Outcome outcome = Outcome::http_status) {
    sample(at, {.outcome = outcome, .streak = streak, .http_status = 503, .detail = "HTTP 503"});
  }

  void configure(std::vector<ServerConfig> servers) {
    servers_ = std::move(servers);
    core_->apply(input::Configure{servers_}, now_);
    collect();
  }

  /// A step of the wall clock is believed: now is that much later. Probers' clocks never step.
  void adopt_clock(Duration shift) {
    now_ += shift;
    feeder_ahead_ -= shift;
    core_->apply(input::ClockAdopted{shift, "the targets' clocks agree with it"}, now_);
    collect();
  }

  /// The aggregator dies and comes back at `t`, with what it had written.
  Bench restarted(Instant t) {
    collect();
    Restored restored;
    restored.targets = rows_;
    restored.consumers = consumers_;
    restored.trouble = trouble_;
    restored.next_seq = core_->next_seq();
    for (const auto& row : rows_) restored.next_id = std::max(restored.next_id, row.id + 1);
    return Bench(servers_, t, std::move(restored));
  }

  Core& core() { return *core_; }
  Instant now() const { return now_; }
  const std::vector<Event>& all() const { return all_; }

  /// Events since the last call: "stale @900.000001 #1 told chat", seconds counted from t0.
  std::vector<std::string> said() {
    collect();
    std::vector<std::string> texts;
    for (; shown_ < all_.size(); ++shown_) texts.push_back(text_of(all_[shown_]));
    return texts;
  }

  static std::string text_of(const Event& e) {
    std::string text(name_of(e.kind));
    const auto us = to_us(e.at - t0);
    text += " @" + std::to_string(us / 1'000'000);
    if (us % 1'000'000) text += "+" + std::to_string(us % 1'000'000) + "us";
    if (e.episode) text += " e" + std::to_string(*e.episode);
    if (e.repeat_number) text += " k" + std::to_string(*e.repeat_number);
    if (e.inhibited) text += " inhibited";
    if (e.announced) text += " announced";
    if (e.late) text += " late";
    if (e.notify) text += " chat";
    return text;
  }

 private:
  static Restored with_feeder(Restored restored) {
    restored.probers = {{"feeder", "feeder"}};
    return restored;
  }

  void collect() {
    auto changes = core_->take_changes();
    for (auto& event : changes.events) all_.push_back(std::move(event));
    for (auto& row : changes.targets) {
      std::erase_if(rows_, [&](const TargetRow& r) { return r.id == row.id; });
      if (!row.retired) rows_.push_back(std::move(row));
    }
    for (auto& row : changes.consumers) {
      std::erase_if(consumers_, [&](const ConsumerRow& r) { return r.name == row.name; });
      consumers_.push_back(std::move(row));
    }
    trouble_ = changes.trouble.value_or(trouble_);
  }

  std::vector<ServerConfig> servers_;
  // what a journal would hold
  std::vector<TargetRow> rows_;
  std::vector<ConsumerRow> consumers_;
  OpenTrouble trouble_;
  std::unique_ptr<Core> core_;
  Instant now_;
  Duration feeder_ahead_{};  // its clock minus ours; measured anew after a restart
  std::vector<Event> all_;
  std::size_t shown_ = 0;
};

using Said = std::vector<std::string>;

}  // namespace stalewatch::aggregator
