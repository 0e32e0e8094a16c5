#pragma once

// The prober's work without its sockets: targets in, samples out. The same with and without an
// aggregator.

#include "common/messages/messages.hpp"
#include "prober/assignment.hpp"
#include "prober/body_reading.hpp"
#include "prober/clock_pings.hpp"
#include "prober/http_probe.hpp"
#include "prober/schedule.hpp"
#include "prober/target_history.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace stalewatch::prober {

class Probing {
 public:
  struct Settings {
    std::int32_t max_in_flight = 1000;
    HttpProbe::Settings http;
    bool once = false;  ///< each target once, at once, and that is it
  };
  /// Takes each sample, in the order they are seen; `key` is the target's.
  using Sink = std::function<void(std::string_view key, Sample&& sample)>;

  Probing(Settings settings, Sink sink, const Now& now);

  /// Targets that stay the same keep their history and their place in the schedule.
  void apply(AssignmentChange change, const Now& now);
  /// For an assignment whose ids mean something else: the new ids of targets that are the same, by
  /// their old ones. To be asked before apply().
  std::unordered_map<std::uint32_t, std::uint32_t> new_ids(const AssignmentChange& change) const;
  /// The aggregator's clock against ours, for targets that tell no time of their own.
  void aggregator_clock(const std::optional<ClockOffset>& offset) { aggregator_clock_ = offset; }

  /// Takes in what has come and starts what is due.
  void turn(const Now& now);
  std::optional<SteadyTime> deadline();
  int fd() const { return http_.fd(); }
  int resolver_fd() const { return http_.resolver_fd(); }

  std::size_t targets() const { return targets_.size(); }
  std::size_t in_flight() const { return http_.in_flight(); }
  std::size_t overdue(const Now& now) const { return schedule_.overdue(grid_time(now.mono)); }
  /// Due times let pass because the probe before was still running, or the prober was at its
  /// limits.
  std::uint64_t skipped() const { return skipped_; }
  /// Targets left out because they cannot be probed: no interval, no timeout.
  std::uint64_t refused() const { return refused_; }
  std::uint64_t last_news_seq() const { return last_news_seq_; }
  /// With `once`: every target has had its turn.
  bool finished() const { return schedule_.size() == 0 && in_flight() == 0; }

 private:
  struct Target {
    TargetSpec spec;
    Endpoint endpoint;
    std::shared_ptr<const TimeFormat> format;  ///< null: this version does not know it
    TargetHistory history;
    /// Changes with the spec, so that an answer to an old question is dropped.
    std::uint32_t version = 0;
    bool in_flight = false;
  };
  using Targets = std::unordered_map<std::uint32_t, Target>;

  void apply_full(AssignmentChange& change, Timestamp grid);
  void place(TargetSpec spec, Target* before, Timestamp grid);
  std::shared_ptr<const TimeFormat> format_of(const TargetSpec& spec);
  void start_due(const Now& now);
  void ended(std::uint64_t ticket, const Transfer& transfer);
  Sample judge(const Target& target, const Transfer& transfer) const;
  /// The time line of the schedule: wall time as it was at the start, plus what has passed. Never
  /// steps.
  Timestamp grid_time(SteadyTime mono) const;

  Settings settings_;
  Sink sink_;
  const Now anchor_;
  Now now_;  ///< of the turn under way
  std::string assignment_;
  Targets targets_;
  std::unordered_map<std::string, std::shared_ptr<const TimeFormat>> formats_;
  Schedule schedule_;
  std::optional<ClockOffset> aggregator_clock_;
  std::uint64_t skipped_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t last_news_seq_ = 0;
  std::uint32_t versions_ = 0;
  HttpProbe http_;  ///< last: its destructor must find nothing gone
};

}  // namespace stalewatch::prober
