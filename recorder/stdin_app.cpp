#include "common/base/clocks.hpp"
#include "common/base/random_id.hpp"
#include "common/base/text.hpp"
#include "common/messages/json_lines.hpp"
#include "common/process/log.hpp"
#include "common/process/standard_input.hpp"
#include "recorder/app.hpp"
#include "recorder/line_numbers.hpp"
#include "recorder/recording.hpp"
#include "recorder/sql_event_store.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace stalewatch::recorder {
namespace {

constexpr std::size_t longest_line = 1 << 20;  // bytes; an event has some hundreds

class StdinApp {
 public:
  StdinApp(ProcessContext& context, const std::string& journal)
      : context_(context),
        journal_(journal.empty() ? "stdin-" + random_id() : journal),
        numbers_(!journal.empty()),
        health_("recorder"),
        recording_(make_sql_event_store(context.config.database), health_) {
    if (!context.options.http.empty()) health_.serve(context.options.http);
  }

  int run() {
    for (;;) {
      health_.beat();
      if (context_.signals.take().stop) return stop();
      recording_.turn(read_clocks().mono);
      if (ended_ && recording_.all_stored() && !look_once_more()) break;
      wait();
    }
    const auto& counts = recording_.counts();
    tell_counts("end of input");
    return bad_lines_ + counts.set_aside + counts.lost == 0 ? EXIT_SUCCESS : exit_failed;
  }

 private:
  /// Between the last line and the end the database may have been emptied. False: it is done.
  bool look_once_more() {
    if (std::exchange(looked_, true)) return false;
    recording_.look_for_lines(journal_, read_clocks().mono);
    return true;
  }

  void tell_counts(const char* what) const {
    const auto& counts = recording_.counts();
    log::info(
        "{} stored={} already_there={} without_db_save={} set_aside={} lost={} not_events={} "
        "journal={}",
        what, counts.stored, counts.already_there, counts.not_for_tables, counts.set_aside,
        counts.lost, bad_lines_, journal_);
  }

  void wait() {
    // Before the store is open its first report would make us forget what was added.
    const bool reads = !ended_ && recording_.is_open() && recording_.room() > 0;
    pollfd fds[] = {{context_.signals.fd(), POLLIN, 0},
                    {recording_.fd(), POLLIN, 0},
                    {STDIN_FILENO, POLLIN, 0}};
    ::poll(fds, reads ? 3 : 2, recording_.next_turn() ? 20 : 1'000);
    if (reads && fds[2].revents != 0) read_some();
  }

  void read_some() {
    on_lines(input_.read());
    if (!input_.has_ended()) return;
    if (const auto& why = input_.failure(); !why.empty()) {
      ++bad_lines_;
      log::error("the input cannot be read beyond line {}: {}", lines_, why);
    }
    ended_ = true;
    recording_.flush();
  }

  void on_lines(const std::vector<Lines::Line>& lines) {
    for (const auto& [text, is_cut] : lines) {
      ++lines_;
      if (is_cut)
        bad_line("longer than " + std::to_string(longest_line) + " bytes");
      else if (text.find_first_not_of(" \t") != std::string::npos)
        on_line(text);
    }
  }

  void on_line(std::string_view line) {
    auto read = event_line_from_json(line);
    if (!read) return bad_line(read.error());
    Event& event = read->event;
    const auto seq = numbers_.of(read->has_seq ? std::optional(event.seq) : std::nullopt);
    if (!seq) return bad_line(seq.error());
    event.seq = *seq;
    recording_.add_line(journal_, std::move(event), read_clocks().mono);
  }

  void bad_line(const std::string& why) {
    ++bad_lines_;
    log::error("line {} is no event: {}", lines_, escape_untrusted(why));
  }

  int stop() {
    recording_.stop(std::chrono::seconds(1));
    recording_.turn(read_clocks().mono);
    tell_counts("ended before the end of the input");
    log::warn("not all of the input is stored events_not_stored={}", recording_.waiting());
    std::_Exit(exit_failed);  // the writer's thread may be waiting for the database
  }

  ProcessContext& context_;
  const std::string journal_;
  LineNumbers numbers_;
  Health health_;
  Recording recording_;
  StandardInput input_{longest_line};
  bool ended_ = false;
  bool looked_ = false;  ///< whether all is still there
  std::uint64_t bad_lines_ = 0;
  std::uint64_t lines_ = 0;  // empty ones too: as editors count them
};

}  // namespace

int run_stdin(ProcessContext& context, const std::string& journal) {
  return StdinApp(context, journal).run();
}

}  // namespace stalewatch::recorder
