#pragma once

// The notifier's loop. Each turn:
//   1. take what the aggregator has decided, at most a page;
//   2. write it, per sink, with the cursor in one transaction; only then ack it and wake the
//      couriers;
//   3. a page of an answer to "problems"; after the last one, begin new sinks, or start over in
//      another journal;
//   4. what couriers report, and whether the aggregator lives;
//   5. signals.

#include "common/bus/event_source.hpp"
#include "common/process/health.hpp"
#include "common/process/process.hpp"
#include "notifier/heartbeat.hpp"
#include "notifier/problem_pages.hpp"
#include "notifier/team.hpp"
#include "notifier/watchdog.hpp"

#include <zmq.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace stalewatch::notifier {

class App {
 public:
  App(ProcessContext& context, Health& health);

  /// Until SIGTERM. The exit code.
  int run();

 private:
  bool must_ask();
  void look_where_to_begin();
  void ask();
  void turn();
  void take_batch(const EventBatch& batch);
  void look_at_backlogs(Now now);
  void on_answer(Answer answer);
  void take_problems(const OpenProblems& open);
  Intake first_words(const OpenProblems& open, Now now);
  Intake words_on_new_journal(const OpenProblems& open, Now now);
  void tell_own(std::vector<Event> events, Now now);
  bool write(const Intake& intake);
  void handle_signals();
  void reload();
  void tell_readiness();
  void make_heartbeat();
  std::string standstill(SteadyTime now) const;

  ProcessContext& context_;
  Health& health_;
  Metrics metrics_;
  Store store_;
  Team team_;
  zmq::context_t zmq_;
  std::optional<EventSource> source_;
  Watchdog watchdog_;
  std::unique_ptr<Heartbeat> heartbeat_;  ///< nothing: none is configured
  std::optional<Cursor> cursor_;          ///< as in the state file
  std::vector<Receiver> receivers_;
  std::map<std::string_view, std::int64_t> left_out_;  ///< updates, per crowded sink
  bool new_journal_ = false;                           ///< the aggregator's is not the cursor's
  std::optional<std::uint64_t> asked_;                 ///< a page of "problems" is under way
  ProblemPages pages_;
  bool beginning_known_;  ///< false: a first start, and the journal may be as young
  bool store_failed_ = false;
  bool stop_ = false;
};

}  // namespace stalewatch::notifier
