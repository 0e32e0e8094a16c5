#include "aggregator/pipe.hpp"

#include "aggregator/core.hpp"
#include "aggregator/journal/journal.hpp"
#include "aggregator/journal/lock.hpp"
#include "common/base/clocks.hpp"
#include "common/base/text.hpp"
#include "common/messages/json_lines.hpp"
#include "common/messages/names.hpp"
#include "common/process/log.hpp"
#include "common/process/process.hpp"
#include "common/process/standard_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>

namespace stalewatch::aggregator {
namespace {

// A line of more bytes than this is no sample; it is told and skipped.
constexpr std::size_t longest_line = 1 << 20;
// Nobody renews a lease in a pipe: whoever feeds it counts as connected for good.
constexpr Duration endless_lease = std::chrono::hours(24 * 365 * 100);
constexpr auto longest_wait = std::chrono::milliseconds(250);
const char* const feeder = "stdin";

class Pipe {
 public:
  Pipe(const Config& config, const PipeOptions& options, Signals& signals)
      : config_(config), options_(options), signals_(signals) {
    if (options.journal.empty()) return;
    lock_ = std::make_unique<JournalLock>(options.journal);
    journal_ = std::make_unique<Journal>(options.journal, Journal::Mode::write);
  }

  int run() {
    while (!done_) {
      read_some();
      if (!options_.virtual_time) move_to(taken_for_ours(read_clocks().wall));
    }
    if (options_.until && core_ && options_.virtual_time) move_to(from_wire(*options_.until));
    return bad_lines_ == 0 ? 0 : exit_failed;
  }

 private:
  void read_some() {
    pollfd items[] = {{input_ended_ ? -1 : STDIN_FILENO, POLLIN, 0}, {signals_.fd(), POLLIN, 0}};
    poll(items, 2, static_cast<int>(longest_wait_now().count()));
    if (signals_.take().stop) done_ = true;
    if (items[0].revents == 0) return;
    on_lines(input_.read());
    if (!input_.has_ended()) return;
    if (const auto& why = input_.failure(); !why.empty()) {
      ++bad_lines_;
      log::error("the input cannot be read beyond line {}: {}", line_, why);
    }
    input_ended_ = true;
    done_ = options_.virtual_time || !options_.until;
  }

  std::chrono::milliseconds longest_wait_now() const {
    if (options_.virtual_time || !core_) return longest_wait;
    const auto deadline = core_->next_deadline();
    if (!deadline) return longest_wait;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        *deadline - taken_for_ours(read_clocks().wall));
    return std::clamp(left, std::chrono::milliseconds(0), longest_wait);
  }

  void on_lines(const std::vector<Lines::Line>& lines) {
    for (const auto& [text, is_cut] : lines) {
      ++line_;
      if (is_cut)
        bad_line("longer than " + std::to_string(longest_line) + " bytes");
      else if (!text.empty())
        take(text);
    }
  }

  void bad_line(const std::string& why) {
    ++bad_lines_;
    log::error("line {} is no sample: {}", line_, why);
  }

  void take(const std::string& line) {
    auto named = sample_from_json(line);
    if (!named) return bad_line(named.error());
    const NodeTime now = options_.virtual_time ? std::max(now_, from_wire(named->sample.probed_at))
                                               : taken_for_ours(read_clocks().wall);
    move_to(now);
    const auto id = core_->targets().id_of(named->target);
    if (!id)
      return log::warn("line {}: target \"{}\" is not in the configuration", line_,
                       escape_untrusted(named->target, 80));
    named->sample.target = *id;
    named->sample.news_seq = 0;  // nobody could send it again
    core_->apply(input::Samples{named->prober, feeder, {named->sample}, std::nullopt}, now);
    emit();
  }

  void start(NodeTime now) {
    Restored restored = journal_ ? journal_->restore() : Restored{};
    restored.probers = {{feeder, feeder}};
    core_ = std::make_unique<Core>(std::move(restored), endless_lease, now);
    core_->apply(input::Configure{config_.servers}, now);
    emit();
  }

  void move_to(NodeTime now) {
    if (!core_) start(now);
    if (options_.virtual_time) {  // each deadline is decided at its own instant
      for (auto due = core_->next_deadline(); due && *due <= now; due = core_->next_deadline()) {
        core_->apply(input::Tick{}, *due);
        emit();
      }
    } else {
      core_->apply(input::Tick{}, now);
    }
    now_ = std::max(now_, now);
    if (options_.until && now_ >= from_wire(*options_.until) && !options_.virtual_time)
      done_ = true;
    emit();
  }

  /// The core speaks of connections, which a pipe does not have.
  void explain_silence(Event& event) const {
    if (opening_of(event.kind) != Kind::not_watched || role_of(event.kind) == Role::closes) return;
    event.detail = "no sample for " + format_duration(event.at - event.since.value_or(event.at)) +
                   (input_ended_ ? ": the input has ended" : ": the input has none of it");
  }

  void emit() {
    auto changes = core_->take_changes();
    for (auto& event : changes.events) explain_silence(event);
    for (const auto& note : changes.notes) log::info("{}", note);
    changes.probers.clear();
    if (journal_ && !changes.empty()) journal_->write({changes});
    for (const auto& event : changes.events) std::cout << to_json_line(event) << '\n';
    std::cout.flush();
    if (!std::cout) done_ = true;  // nobody reads any more
  }

  const Config& config_;
  PipeOptions options_;
  Signals& signals_;
  std::unique_ptr<JournalLock> lock_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Core> core_;
  NodeTime now_{};
  StandardInput input_{longest_line};
  std::size_t line_ = 0;
  std::size_t bad_lines_ = 0;
  bool input_ended_ = false;
  bool done_ = false;
};

}  // namespace

int run_pipe(const Config& config, const PipeOptions& options, Signals& signals) {
  return Pipe(config, options, signals).run();
}

}  // namespace stalewatch::aggregator
