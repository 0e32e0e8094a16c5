#include "notifier/pipe.hpp"

#include "common/base/clocks.hpp"
#include "common/messages/json_lines.hpp"
#include "common/process/log.hpp"
#include "common/process/standard_input.hpp"
#include "notifier/team.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace stalewatch::notifier {
namespace {

constexpr std::size_t longest_line = 1 << 20;  // events are some hundred bytes
constexpr std::int64_t most_waiting =
    10'000;                        // events per sink; beyond, input waits: the state is in memory
constexpr int look_again_ms = 20;  // how soon room in the queue, or its end, is noticed
/// Clocks of the input beyond this (the year 2100) do not move the virtual clock: they would
/// overflow it.
constexpr Timestamp latest = timestamp_from_us(4'102'444'800'000'000);

/// What both ways of running have in common.
class Pipe {
 public:
  Pipe(ProcessContext& context, Health& health)
      : context_(context),
        health_(health),
        metrics_(health),
        store_(":memory:"),
        team_(store_, metrics_) {}
  virtual ~Pipe() = default;

  int run() {
    begin();
    health_.ready(true);
    bool open = true;
    while (open && !stopped()) {
      health_.beat();
      open = read_some();
    }
    for (const auto& line : input_.finish()) on_line(line);
    finish();
    const bool good = bad_ == 0 && undeliverable_ == 0;
    return good ? 0 : exit_failed;
  }

 protected:
  virtual void begin() = 0;
  virtual void on_event(Event event) = 0;
  virtual void finish() = 0;

  void take_over(const std::vector<Event>& events, Now now) {
    store_.take_over({.entries = route(events, team_.receivers()), .now = now});
  }
  /// What couriers have to say goes to the sinks, too.
  bool take_mail(Now now) {
    const auto events = team_.mailbox().take();
    if (events.empty()) return false;
    take_over(events, now);
    undeliverable_ += static_cast<std::int64_t>(events.size());
    return true;
  }
  std::int64_t most_backlog() {
    std::int64_t most = 0;
    for (const auto& courier : team_.couriers())
      most = std::max(most, store_.backlog(courier->kind().name));
    return most;
  }
  bool stopped() {
    if (context_.signals.take().stop) stopped_ = true;
    return stopped_;
  }
  /// Until a signal, a report of a courier or the end of the time.
  void wait(int ms, bool for_input) {
    pollfd fds[] = {{context_.signals.fd(), POLLIN, 0},
                    {team_.mailbox().fd(), POLLIN, 0},
                    {for_input ? STDIN_FILENO : -1, POLLIN, 0}};
    poll(fds, 3, ms);
    input_ready_ = fds[2].revents != 0;
  }

  ProcessContext& context_;
  Health& health_;
  Metrics metrics_;
  Store store_;
  Team team_;

 private:
  /// False at the end of the input.
  bool read_some() {
    const bool room = most_backlog() < most_waiting;
    wait(room ? 1000 : look_again_ms, room);
    if (!input_ready_) {
      take_mail(read_clocks());
      return true;
    }
    for (const auto& line : input_.read()) on_line(line);
    if (const auto& why = input_.failure(); !why.empty()) {
      ++bad_;
      log::error("the input cannot be read beyond line {}: {}", number_, why);
    }
    return !input_.has_ended();
  }

  void on_line(const Lines::Line& line) {
    ++number_;
    if (line.is_cut) return bad_line("longer than " + std::to_string(longest_line) + " bytes");
    if (line.text.find_first_not_of(" \t") == std::string::npos) return;
    auto event = event_from_json(line.text);
    if (!event) return bad_line(event.error());
    on_event(*std::move(event));
  }

  void bad_line(const std::string& why) {
    ++bad_;
    log::error("line {} is no event: {}", number_, why);
  }

  StandardInput input_{longest_line};
  std::int64_t number_ = 0, bad_ = 0, undeliverable_ = 0;
  bool input_ready_ = false, stopped_ = false;
};

/// By the clock on the wall, each sink on its own thread.
class LivePipe : public Pipe {
 public:
  using Pipe::Pipe;

 private:
  void begin() override { team_.configure(context_.config, true); }

  void on_event(Event event) override {
    const auto now = read_clocks();
    take_mail(now);
    take_over({std::move(event)}, now);
    team_.wake();
  }

  void finish() override {
    while (!stopped() && most_backlog() > 0) {
      health_.beat();
      wait(look_again_ms, false);
      take_mail(read_clocks());
      team_.wake();
    }
    team_.stop();
  }
};

/// By the clock of the input: the same input gives the same messages. No threads.
class VirtualPipe : public Pipe {
 public:
  using Pipe::Pipe;

 private:
  struct Due {
    Courier* courier;
    std::optional<SteadyTime> at;
  };

  void begin() override {
    team_.configure(context_.config, false);
    for (const auto& courier : team_.couriers()) dues_.push_back({courier.get(), std::nullopt});
  }

  static Now at(Timestamp t) { return {SteadyTime(t.time_since_epoch()), t}; }

  void on_event(Event event) override {
    const auto t = event.decided_at == Timestamp{} ? event.at : event.decided_at;
    if (t < latest) advance(std::max(clock_, t));
    take_over({std::move(event)}, at(clock_));
    wake();
    advance(clock_);
  }

  void finish() override {
    advance(latest);
    team_.stop();
  }

  void wake() {
    for (auto& due : dues_)
      if (!due.at) due.at = at(clock_).mono;
  }

  /// Everything that falls due until then, in its order.
  void advance(Timestamp until) {
    while (!stopped()) {
      const auto next =
          std::min_element(dues_.begin(), dues_.end(), [](const Due& a, const Due& b) {
            return a.at.value_or(SteadyTime::max()) < b.at.value_or(SteadyTime::max());
          });
      if (next == dues_.end() || !next->at || *next->at > at(until).mono) break;
      clock_ = std::max(
          clock_, Timestamp{std::chrono::duration_cast<Duration>(next->at->time_since_epoch())});
      const auto turn = next->courier->turn(at(clock_), {});
      next->at = turn.again_at;
      // The other side does not live by the virtual clock: what it needs time for takes real time.
      if (turn.failed && turn.again_at) sleep_until(*turn.again_at);
      if (take_mail(at(clock_))) wake();
    }
    if (until < latest) clock_ = std::max(clock_, until);
  }

  void sleep_until(SteadyTime virtual_time) {
    const auto ms =
        std::chrono::ceil<std::chrono::milliseconds>(virtual_time - at(clock_).mono).count();
    if (ms > 0) wait(static_cast<int>(std::min<std::int64_t>(ms, 600'000)), false);
  }

  Timestamp clock_{};
  std::vector<Due> dues_;
};

}  // namespace

int run_pipe(ProcessContext& context, Health& health, bool virtual_time) {
  if (virtual_time) return VirtualPipe(context, health).run();
  return LivePipe(context, health).run();
}

}  // namespace stalewatch::notifier
