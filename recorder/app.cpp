#include "recorder/app.hpp"

#include "common/base/clocks.hpp"
#include "common/base/text.hpp"
#include "common/bus/event_source.hpp"
#include "common/process/log.hpp"
#include "recorder/recording.hpp"
#include "recorder/sql_event_store.hpp"

#include <poll.h>

#include <cstdlib>

namespace stalewatch::recorder {
namespace {

using namespace std::chrono_literals;

constexpr Duration longest_wait = 1s;  // /healthz wants a turn every 10 s
/// Of the 5 s that a SIGTERM leaves: for what is taken to be stored, and for the thread to come
/// back.
constexpr Duration flush_time = 3s;
constexpr Duration thread_time = 1s;
constexpr Duration stuck_told_every = 30s;

class App {
 public:
  explicit App(ProcessContext& context)
      : context_(context),
        config_(context.config),
        transport_(context.config.transport),
        health_("recorder"),
        recording_(make_sql_event_store(config_.database), health_) {
    if (!context.options.http.empty()) health_.serve(context.options.http);
  }

  int run() {
    for (;;) {
      health_.beat();
      const auto signals = context_.signals.take();
      if (signals.stop) return stop();
      const bool told = source_ && source_->take_reload();
      if (signals.reload || told) reload();
      const auto now = read_clocks();
      if (recording_.turn(now.mono)) begin_at(recording_.stored());
      tell_if_stuck(now.mono);
      ack();
      wait_for_events(now);
    }
  }

 private:
  /// The database says where to go on.
  void begin_at(const std::optional<Cursor>& cursor) {
    acked_.reset();
    if (source_) return source_->start_from(cursor);
    connect(cursor);
  }

  void connect(const std::optional<Cursor>& cursor) {
    source_ = std::make_unique<EventSource>(zmq_, transport_, "recorder", cursor, StartAt::oldest);
    source_->watch(context_.signals.fd());
    source_->watch(recording_.fd());
  }

  /// What only a person can mend is told where people look. Repeated: the aggregator may be another
  /// one by now.
  void tell_if_stuck(SteadyTime now) {
    while (source_ && source_->take_answer()) {
    }
    const auto why = recording_.stuck_by(now);
    if (!why || (stuck_told_ && now - *stuck_told_ < stuck_told_every)) return;
    if (!source_) connect(std::nullopt);
    source_->ask("stuck", {*why});
    stuck_told_ = now;
  }

  void ack() {
    const auto& stored = recording_.stored();
    if (!source_ || !stored || acked_ == stored) return;
    source_->ack(*stored);
    acked_ = stored;
  }

  void wait_for_events(Now now) {
    Duration wait = longest_wait;
    if (const auto next = recording_.next_turn())
      wait = std::clamp(std::chrono::ceil<Duration>(*next - now.mono), Duration(0), longest_wait);
    if (!source_ || !recording_.is_open()) return wait_for_database(wait);
    const std::size_t room = recording_.room();
    if (room == 0) return source_->pump(wait);
    EventBatch batch = source_->poll(wait, room);
    recording_.known_head(source_->sequence().head());
    take(std::move(batch), read_clocks());
  }

  void take(EventBatch batch, Now now) {
    if (batch.previous_journal)
      log::warn("the aggregator has another journal now: recording that one was={} is={}",
                escape_untrusted(*batch.previous_journal, 64),
                escape_untrusted(batch.cursor.journal, 64));
    if (batch.gap) {
      const auto lost = std::to_string(batch.gap->first) + " to " + std::to_string(batch.gap->last);
      const std::string why = batch.gap->unreadable ? "these events could not be understood: "
                                                    : "the journal no longer held the events ";
      log::error("events {}, they cannot be recorded seq={}",
                 batch.gap->unreadable ? "could not be understood" : "are no longer in the journal",
                 lost);
      recording_.missed(batch.gap->last - batch.gap->first + 1);
      batch.events.insert(batch.events.begin(), Event{.seq = batch.gap->last,
                                                      .kind = Kind::gap,
                                                      .name = "recorder",
                                                      .at = now.wall,
                                                      .decided_at = now.wall,
                                                      .detail = why + lost,
                                                      .db_save = true});
    }
    const bool moved = !batch.cursor.journal.empty() && batch.cursor != taken_;
    if (!moved && batch.events.empty()) return;
    taken_ = batch.cursor;
    recording_.add(std::move(batch), now.mono);
  }

  void wait_for_database(Duration wait) {
    if (source_) return source_->pump(wait);
    pollfd fds[] = {{context_.signals.fd(), POLLIN, 0}, {recording_.fd(), POLLIN, 0}};
    ::poll(fds, 2, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
  }

  void reload() {
    auto read = reread_config(context_.options.config, ConfigUser::recorder);
    if (!read) return;
    const Config before = std::exchange(config_, *std::move(read));
    if (config_.database != before.database) {
      log::info("the configuration names another database");
      recording_.replace(make_sql_event_store(config_.database));
    }
    if (config_.transport != transport_)
      log::warn("transport is taken over at the next start only");
    log::info("configuration read again file={}", config_.file);
  }

  /// Stores what was taken, if the database lets us within the time; the rest comes again from the
  /// journal.
  int stop() {
    recording_.flush();
    const auto deadline = read_clocks().mono + flush_time;
    for (auto now = read_clocks().mono;
         now < deadline && !recording_.all_stored() && !recording_.in_trouble();
         now = read_clocks().mono) {
      pollfd reports = {recording_.fd(), POLLIN, 0};
      if (!recording_.next_turn()) ::poll(&reports, 1, 100);
      recording_.turn(read_clocks().mono);
    }
    ack();
    source_.reset();
    if (recording_.waiting() > 0)
      log::warn("ending with events not stored, they come again from the journal events={}",
                recording_.waiting());
    const bool ended = recording_.stop(thread_time);
    if (!ended) log::warn("the database does not answer, ending without it");
    log::info("stopped");
    if (ended) return EXIT_SUCCESS;
    zmq_.close();
    std::_Exit(EXIT_SUCCESS);
  }

  ProcessContext& context_;
  Config config_;
  TransportConfig transport_;  ///< of the start: all processes change it together
  Health health_;
  zmq::context_t zmq_;
  Recording recording_;
  std::unique_ptr<EventSource> source_;
  std::optional<Cursor> acked_;
  std::optional<SteadyTime> stuck_told_;
  Cursor taken_;
};

}  // namespace

int run(ProcessContext& context) { return App(context).run(); }

}  // namespace stalewatch::recorder
