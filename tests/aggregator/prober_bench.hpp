#pragma once

// A core with probers that number their news, and what a journal would hold of it.

#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stalewatch::aggregator {

struct ProberBench {
  ProberBench(const std::vector<ServerConfig>& servers, Restored restored, Instant start = t0)
      : core(std::move(restored), 5s, start) {
    core.apply(input::Configure{servers}, start);
    collect();
  }

  void join(const std::string& who, Instant now, std::uint64_t last = 0, std::uint64_t oldest = 1) {
    core.apply(input::Hello{{.role = "prober", .name = "p-" + who, .instance = who}, "peer"}, now);
    lease(who, now, last, oldest);
  }
  void lease(const std::string& who, Instant now, std::uint64_t last, std::uint64_t oldest = 1,
             Lease more = {}) {
    more.instance = who;
    more.last_news_seq = last;
    more.oldest_news_seq = oldest;
    more.sent_at = now;
    more.clock_offset = Duration(0);
    core.apply(input::Lease{more, "peer"}, now);
    REQUIRE(core.probers().reachable(who));
    collect();
  }
  void observe(const std::string& who, const std::vector<Sample>& samples, Instant now,
               std::optional<std::uint64_t> after = std::nullopt) {
    core.apply(input::Samples{"p-" + who, who, samples, after}, now);
    collect();
  }
  void until(Instant t) {
    for (auto due = core.next_deadline(); due && *due <= t; due = core.next_deadline())
      core.apply(input::Tick{}, *due);
    collect();
  }

  void collect() {
    auto changes = core.take_changes();
    core.apply(input::Committed{changes.probers}, Instant{});
    for (auto& event : changes.events) {
      if (event.kind != Kind::prober_joined) said.push_back(Bench::text_of(event));
      all.push_back(std::move(event));
    }
    for (auto& note : changes.notes) notes.push_back(std::move(note));
    for (auto& row : changes.targets) {
      std::erase_if(targets, [&](const TargetRow& r) { return r.id == row.id; });
      targets.push_back(std::move(row));
    }
    for (auto& row : changes.probers) {
      std::erase_if(probers, [&](const ProberRow& r) { return r.instance == row.instance; });
      probers.push_back(std::move(row));
    }
    for (const auto& instance : changes.probers_gone)
      std::erase_if(probers, [&](const ProberRow& r) { return r.instance == instance; });
  }
  Said take() { return std::exchange(said, {}); }

  Core core;
  Said said;  ///< without who joined
  std::vector<Event> all;
  std::vector<std::string> notes;
  std::vector<TargetRow> targets;
  std::vector<ProberRow> probers;
};

}  // namespace stalewatch::aggregator
