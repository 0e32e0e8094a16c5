#include "notifier/app.hpp"

#include "common/base/clocks.hpp"
#include "common/messages/names.hpp"
#include "common/process/log.hpp"
#include "notifier/http_post.hpp"

#include <algorithm>

namespace stalewatch::notifier {
namespace {

constexpr Duration turn_length = std::chrono::milliseconds(250);
constexpr std::size_t events_per_turn = 500;
/// A state file that cannot be written (disk full) is tried again after this.
constexpr Duration store_retry = std::chrono::seconds(2);

/// A terminal that is held (Ctrl-S), or a full disk under the log file, must neither fill the disk
/// with updates nor keep alarms from the others: about 50 MB.
constexpr std::int64_t crowded_from = 100'000;

/// Beside the time that the sinks may take, of the 5 s that a SIGTERM leaves.
constexpr Duration heartbeat_stops_within = std::chrono::milliseconds(1500);

/// A journal that began so short a time ago is of the same first start as we: the aggregator tells
/// how all targets are (`watching`) within this.
constexpr Duration first_start = std::chrono::minutes(1);

/// Three beats missed: what the last one said of the chain is no longer known.
constexpr Duration beat_is_fresh = std::chrono::milliseconds(3500);

/// An aggregator_lost that was told before the restart.
std::optional<Event> open_loss(Store& store) {
  for (auto& opening : store.open_problems(complete_sink()))
    if (opening.kind == Kind::aggregator_lost) return std::move(opening);
  return std::nullopt;
}

}  // namespace

App::App(ProcessContext& context, Health& health)
    : context_(context),
      health_(health),
      metrics_(health),
      store_(context.config.notifier_state),
      team_(store_, metrics_),
      watchdog_(read_clocks().mono, open_loss(store_)),
      cursor_(store_.fetched()),
      beginning_known_(cursor_.has_value()) {
  team_.configure(context.config, true);
  receivers_ = team_.receivers();
  source_.emplace(zmq_, context.config.transport, "notifier", cursor_, StartAt::oldest);
  // Also when nothing new comes: the aggregator waits for this one's word after a start of either.
  if (cursor_) source_->ack(*cursor_);
  source_->watch(context.signals.fd());
  source_->watch(team_.mailbox().fd());
  make_heartbeat();
}

int App::run() {
  std::string names;
  for (const auto& receiver : receivers_)
    names += (names.empty() ? "" : ", ") + std::string(receiver.name);
  log::info("telling on: {}", names);
  while (!stop_) turn();
  source_.reset();  // says goodbye, with the last ack
  const bool heartbeat_ended =
      !heartbeat_ || heartbeat_->stop(read_clocks().mono + heartbeat_stops_within);
  if (!team_.stop() || !heartbeat_ended) {
    log::warn("a sink or the heartbeat hangs in the system; ending without it");
    log::info("stopped");
    stop_log();
    std::_Exit(0);
  }
  log::info("stopped");
  return 0;
}

/// A sink that has no cursor, or a journal that is not the cursor's: what is open has to be known
/// before going on.
bool App::must_ask() {
  if (!cursor_ || new_journal_) return true;
  const auto known = store_.sinks();
  return std::any_of(receivers_.begin(), receivers_.end(), [&](const Receiver& receiver) {
    return !known.contains(std::string(receiver.name));
  });
}

void App::turn() {
  health_.beat();
  if (!beginning_known_) {
    look_where_to_begin();
  } else if (must_ask()) {
    ask();
  } else {
    // An answer that still comes would speak of a time before the events that are taken now.
    asked_.reset();
    pages_.begin_anew();
    take_batch(source_->poll(turn_length, events_per_turn));
  }
  while (auto answer = source_->take_answer())
    if (asked_ && answer->reply.id == *asked_) on_answer(*std::move(answer));
  const auto now = read_clocks();
  auto own = team_.mailbox().take();
  if (auto event = watchdog_.step(source_->last_beat(), now)) own.push_back(std::move(*event));
  if (!own.empty()) tell_own(std::move(own), now);
  if (heartbeat_) heartbeat_->step(standstill(now.mono), now.mono);
  tell_readiness();
  handle_signals();
}

void App::take_batch(const EventBatch& batch) {
  if (batch.cursor.journal.empty() || batch.cursor == *cursor_) return;
  if (batch.cursor.journal != cursor_->journal) {
    log::warn("the aggregator has another journal than before; asking it what is open");
    new_journal_ = true;
    return;
  }
  const auto now = read_clocks();
  std::vector<Event> events;
  if (batch.gap) events.push_back(events_missing(*batch.gap, now.wall));
  events.insert(events.end(), batch.events.begin(), batch.events.end());
  look_at_backlogs(now);
  const auto updates = std::count_if(events.begin(), events.end(), [](const Event& e) {
    return e.kind == Kind::updated && !e.inhibited;
  });
  for (auto& [sink, count] : left_out_) count += updates;
  if (write({.cursor = batch.cursor, .entries = route(events, receivers_), .now = now}))
    source_->ack(batch.cursor);
}

/// Sinks for which too much waits get no updates until half of it is told.
void App::look_at_backlogs(Now now) {
  for (auto& receiver : receivers_) {
    if (receiver.folds) continue;  // takes no updates, and its reminders replace each other
    const auto waiting = store_.backlog(receiver.name);
    if (!receiver.crowded && waiting > crowded_from) {
      receiver.crowded = true;
      left_out_[receiver.name] = 0;
      log::error("{} takes nothing; updates are left out there until it does", receiver.name);
    } else if (receiver.crowded && waiting < crowded_from / 2) {
      receiver.crowded = false;
      tell_own({updates_left_out(receiver.name, left_out_[receiver.name], now.wall)}, now);
      left_out_.erase(receiver.name);
    }
  }
}

/// Without a place of its own: at the very beginning when there is nothing old, so that it misses
/// nothing of a first start, however the processes came up; else with what is open.
void App::look_where_to_begin() {
  if (!source_->last_beat()) return source_->pump(turn_length);  // it says what time it is there
  const auto batch = source_->poll(turn_length, 1);
  if (batch.cursor.journal.empty()) return;
  const bool is_empty = source_->sequence().head() == 0;
  const bool is_young = !batch.events.empty() && batch.events.front().seq == 1 &&
                        source_->beat().at - batch.events.front().decided_at < first_start;
  beginning_known_ = true;
  if (is_empty || is_young) take_problems({.at = {batch.cursor.journal, 0}});
}

void App::ask() {
  if (!asked_) asked_ = source_->ask("problems", pages_.arguments());
  source_->await_answer(turn_length);
}

void App::on_answer(Answer answer) {
  asked_.reset();
  if (!answer.reply.ok || answer.reply.journal.empty()) {
    log::warn("the aggregator does not say which problems are open: {}", answer.reply.text);
    pages_.begin_anew();
    source_->pump(turn_length);  // not at once again
    return;
  }
  switch (pages_.take(std::move(answer.reply), answer.boot, answer.all_understood)) {
    case ProblemPages::Took::more:
      return;
    case ProblemPages::Took::other_list:
      log::info("the aggregator is another one than before; asking it anew what is open");
      return;
    case ProblemPages::Took::whole:
      return take_problems(pages_.take_whole());
  }
}

void App::take_problems(const OpenProblems& open) {
  if (!open.complete)
    log::error(
        "more problems are open than can be listed or understood; beyond {} they are told by "
        "reminders",
        open.problems.size());
  const auto now = read_clocks();
  const bool starts_over = cursor_ && cursor_->journal != open.at.journal;
  const bool keeps_place = cursor_ && !starts_over;
  if (!write(starts_over ? words_on_new_journal(open, now) : first_words(open, now))) return;
  new_journal_ = false;
  if (keeps_place) return;
  source_->start_from(open.at);
  source_->ack(open.at);
}

/// Each sink without a cursor begins with what is open, and after what this says.
Intake App::first_words(const OpenProblems& open, Now now) {
  Intake intake;
  if (!cursor_) intake.cursor = open.at;
  intake.now = now;
  const auto known = store_.sinks();
  for (const auto& receiver : receivers_) {
    if (known.contains(std::string(receiver.name))) continue;
    intake.new_sinks.emplace_back(receiver.name, open.at.seq);
    const auto told = store_.open_problems(receiver.name);
    for (auto& entry : settle_return(receiver, told, open, watchdog_.lost(), now.wall))
      intake.entries.push_back(std::move(entry));
    for (auto& entry : digest(receiver, open.problems, now.wall))
      intake.entries.push_back(std::move(entry));
  }
  return intake;
}

Intake App::words_on_new_journal(const OpenProblems& open, Now now) {
  auto intake = first_words(open, now);
  intake.cursor = open.at;
  intake.new_journal = true;
  for (const auto& receiver : receivers_) {
    const std::string sink(receiver.name);
    const bool begins = std::any_of(intake.new_sinks.begin(), intake.new_sinks.end(),
                                    [&](const auto& fresh) { return fresh.first == sink; });
    if (begins) continue;
    intake.entries.push_back({sink, Note::event, journal_changed(open.at.seq, now.wall)});
    auto settled = settle_journal_change(receiver, store_.open_problems(sink), open, now.wall);
    for (auto& entry : settled.entries) intake.entries.push_back(std::move(entry));
    for (auto& opening : settled.still_open)
      intake.still_open.emplace_back(sink, std::move(opening));
  }
  return intake;
}

void App::tell_own(std::vector<Event> events, Now now) {
  write({.entries = route(events, receivers_), .now = now});
}

/// Until it is written: what was taken from the aggregator must not be lost. False when asked to
/// stop meanwhile.
bool App::write(const Intake& intake) {
  while (true) {
    try {
      store_.take_over(intake, [this] { health_.beat(); });
      if (intake.cursor) cursor_ = intake.cursor;
      if (!intake.new_sinks.empty() || intake.new_journal) receivers_ = team_.receivers();
      store_failed_ = false;
      team_.wake();
      return true;
    } catch (const std::exception& error) {
      if (!std::exchange(store_failed_, true))
        log::error("the state file cannot be written, everything waits: {}", error.what());
    }
    tell_readiness();
    health_.beat();
    source_->pump(store_retry);
    handle_signals();
    if (stop_) return false;
  }
}

void App::handle_signals() {
  const auto seen = context_.signals.take();
  if (seen.stop) stop_ = true;
  const bool told = source_ && source_->take_reload();
  if ((seen.reload || told) && !stop_) reload();
}

void App::reload() {
  auto config = reread_config(context_.options.config, ConfigUser::notifier);
  if (!config) return;
  try {
    team_.configure(*config, true);
  } catch (const std::exception& error) {
    log::error("the configuration is not taken over, the running one stays in force: {}",
               error.what());
    return;
  }
  if (!(config->transport == context_.config.transport) ||
      config->notifier_state != context_.config.notifier_state)
    log::warn("transport and notifier.state are taken over at the next start only");
  const bool same_heartbeat = config->heartbeat_url == context_.config.heartbeat_url &&
                              config->heartbeat_interval == context_.config.heartbeat_interval;
  context_.config = std::move(*config);
  if (!same_heartbeat) make_heartbeat();
  set_log_level(context_.options.log_level.value_or(context_.config.logs.level));
  receivers_ = team_.receivers();
  left_out_.clear();
  team_.wake();
  log::info("the configuration is taken over");
}

void App::make_heartbeat() {
  heartbeat_.reset();
  const auto& url = context_.config.heartbeat_url;
  if (url.empty()) return;
  auto http = std::make_shared<HttpPost>(HttpPost::Options{url, {}, "", "environment"});
  heartbeat_ =
      std::make_unique<Heartbeat>([http](const std::stop_token& stop) { return http->get(stop); },
                                  context_.config.heartbeat_interval, metrics_);
}

/// Why the whole chain does not move, as far as the aggregator and this process can tell.
std::string App::standstill(SteadyTime now) const {
  const auto beat = source_->last_beat();
  if (!beat || now - *beat > beat_is_fresh) return "no sign of life from the aggregator";
  if (source_->beat().moving) return {};
  return source_->beat().standstill.value_or("the aggregator does not say that it does");
}

void App::tell_readiness() {
  if (store_failed_) return health_.ready(false, "the state file cannot be written");
  const auto beat = source_->last_beat();
  if (!beat || read_clocks().mono - *beat > silence_limit)
    return health_.ready(false, "no sign of life from the aggregator");
  health_.ready(true);
}

}  // namespace stalewatch::notifier
