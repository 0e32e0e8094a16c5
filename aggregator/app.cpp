#include "aggregator/app.hpp"

#include "common/base/clocks.hpp"
#include "common/base/random_id.hpp"
#include "common/base/text.hpp"
#include "common/config/changes.hpp"
#include "common/messages/names.hpp"
#include "common/process/log.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace stalewatch::aggregator {
namespace {

// Batches taken in one turn, so that a flood of samples delays no deadline for long.
constexpr int batches_per_turn = 200;
// A turn that comes later than this after the one before means that the process itself stood still.
constexpr auto stall_limit = std::chrono::seconds(1);
// Turns wait at most this long, so that health, beats and the clock are looked after.
constexpr auto longest_wait = std::chrono::milliseconds(250);
// What is left of large assignments goes on after this.
constexpr auto next_pieces = std::chrono::milliseconds(10);
constexpr auto beat_interval = std::chrono::seconds(1);
// Events and states, of about 1 KB each, that may wait for a disk that does not take them. Beyond,
// nothing is decided: samples stay with the probers, which keep what is not acknowledged.
constexpr std::size_t max_queued = 100'000;
// A clean end waits this long for the journal.
constexpr auto finish_limit = std::chrono::seconds(3);
// What the journal failed by, in the beat: a file's path and an error of SQLite's.
constexpr std::size_t longest_standstill = 300;

Duration shortest_interval_of(const std::vector<ServerConfig>& servers) {
  Duration shortest = Duration::max();
  for (const auto& server : servers) shortest = std::min(shortest, server.interval);
  return servers.empty() ? Duration::zero() : shortest;
}

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code unknown;
  return std::filesystem::weakly_canonical(a, unknown) ==
         std::filesystem::weakly_canonical(b, unknown);
}

}  // namespace

App::App(Config config, Signals& signals, const std::string& http, const RecordOptions& record)
    : config_(std::move(config)),
      signals_(signals),
      health_("aggregator"),
      metrics_(health_),
      boot_(random_id()),
      clock_(read_clocks()),
      lock_(config_.journal_path, reached_from_anywhere(config_.transport.control)),
      journal_(open_journal(config_, lock_.before())),
      journal_id_(journal_.id()),
      reader_(config_.journal_path),
      writer_(journal_, reserve_of(config_), &lock_),
      core_(restored(clock_.now(read_clocks())), config_.transport.lease,
            clock_.now(read_clocks())),
      samples_at_(config_.transport.samples),
      events_at_(config_.transport.events),
      control_at_(config_.transport.control),
      samples_(make_samples_receiver(context_, samples_at_)),
      events_(make_events_sender(context_, events_at_)),
      events_out_("aggregator", boot_),
      control_(make_control_router(context_, control_at_), Sender("aggregator", boot_),
               {.core = core_,
                .reader = reader_,
                .journal_id = journal_id_,
                .lease = config_.transport.lease,
                .now = [this] { return clock_.now(read_clocks()); },
                .reload = [this](const std::string& file,
                                 bool& ok) { return reload_by_command(file, ok); },
                .head = [this] { return published_; },
                .heard = [this](const Claim& claim) { hear(claim); }}),
      chain_(read_clocks().mono),
      shortest_interval_(shortest_interval_of(config_.servers)) {
  const Now clocks = read_clocks();
  last_turn_ = next_beat_ = clocks.mono;
  published_ = head_at_start_ = core_.next_seq() - 1;
  listening_.add(samples_at_, samples_);
  listening_.add(events_at_, events_);
  listening_.add(control_at_, control_.socket());
  if (!record.file.empty()) recording_.emplace(core_, record);
  core_.apply(input::Configure{config_.servers, true}, clock_.now(clocks));
  configure_consumers(clock_.now(clocks));
  if (!http.empty()) health_.serve(http);
  log_start();
}

void App::log_start() const {
  const auto counts = core_.targets().counts();
  log::info(
      "started targets={} stale={} failing={} not_watched={} journal={} samples={} control={} "
      "events={}",
      counts.targets, counts.stale, counts.failing, counts.not_watched, config_.journal_path,
      config_.transport.samples, config_.transport.control, config_.transport.events);
}

int App::run() {
  while (!stop_) {
    wait();
    tick();
  }
  finish();
  return 0;
}

void App::wait() {
  auto until = longest_wait;
  if (const auto deadline = paused_ ? std::nullopt : core_.next_deadline()) {
    const auto left = *deadline - clock_.now(read_clocks());
    until = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(left),
                       std::chrono::milliseconds(0), longest_wait);
  }
  if (control_.sends_more()) until = std::min(until, next_pieces);
  std::array items = {zmq::pollitem_t{samples_.handle(), 0, ZMQ_POLLIN, 0},
                      zmq::pollitem_t{control_.socket().handle(), 0, ZMQ_POLLIN, 0},
                      zmq::pollitem_t{events_.handle(), 0, ZMQ_POLLIN, 0},
                      zmq::pollitem_t{nullptr, signals_.fd(), ZMQ_POLLIN, 0},
                      zmq::pollitem_t{nullptr, writer_.fd(), ZMQ_POLLIN, 0},
                      zmq::pollitem_t{nullptr, reader_.fd(), ZMQ_POLLIN, 0}};
  try {
    zmq::poll(items.data(), items.size(), until);
  } catch (const zmq::error_t& e) {
    if (e.num() != EINTR) throw;
  }
}

void App::tick() {
  const Now clocks = read_clocks();
  check_clock(clocks);
  const NodeTime now = clock_.now(clocks);
  const bool stood_still = clocks.mono - last_turn_ > stall_limit;
  last_turn_ = clocks.mono;
  if (stood_still) {
    log::warn(
        "the aggregator stood still for a while; targets are judged anew from their next samples");
    core_.apply(input::Resume{}, now);
  }
  const auto seen = signals_.take();
  stop_ = seen.stop;
  if (seen.reload) {
    bool ok = false;
    log::info("{}", reload(ok));
  }
  look_at_queue(now);
  if (!paused_) take_samples();
  control_.drain();
  if (!paused_) core_.apply(input::Tick{}, now);
  submit_changes();
  publish(now);
  control_.send_pages();
  control_.send_assignments(now);
  if (clocks.mono >= next_beat_) beat(clocks, now);
  zmq::message_t subscription;  // XPUB tells of subscribers; nothing depends on it
  while (events_.recv(subscription, zmq::recv_flags::dontwait)) {
  }
}

void App::look_at_queue(NodeTime now) {
  const auto queued = writer_.queued();
  if (!paused_ && queued > max_queued) {
    paused_ = true;
    log::error("too much waits for the journal: nothing is decided until it can be written");
  } else if (paused_ && queued < max_queued / 2) {
    paused_ = false;
    log::info("the journal has taken what waited; going on from the next samples");
    core_.apply(input::Resume{}, now);
  }
}

void App::take_samples() {
  for (int i = 0; i < batches_per_turn; ++i) {
    const auto frames = receive(samples_, bad_);
    if (!frames) return;
    const NodeTime now = clock_.now(read_clocks());  // not before it was sent
    auto batch = decoded<SampleBatch>(*frames, bad_);
    if (!batch) {
      core_.apply(input::Garbled{frames->header.boot}, now);
    } else if (batch->assignment != journal_id_) {
      // From before a new journal: the prober gets new ids as soon as it says hello.
      ++foreign_batches_;
    } else {
      const auto& [version, sender, instance, sequence] = frames->header;
      core_.apply(input::Samples{std::string(core_.name_of(instance, sender)), instance,
                                 std::move(batch->samples), batch->after},
                  now);
    }
  }
}

void App::check_clock(Now clocks) {
  const auto offset = clock_.in_doubt() ? core_.targets().clock_offset() : std::nullopt;
  const auto change = clock_.check(clocks, offset);
  const NodeTime now = clock_.now(clocks);
  if (change.stepped)
    core_.apply(input::ClockStepped{*change.stepped,
                                    "going on by the old time until the targets' clocks agree, or "
                                    "for 10m"},
                now);
  if (change.adopted) core_.apply(input::ClockAdopted{*change.adopted, change.why}, now);
}

void App::submit_changes() {
  auto changes = core_.take_changes();
  for (const auto& note : changes.notes) log::info("{}", note);
  if (!changes.empty()) writer_.submit(std::move(changes));
}

void App::publish(NodeTime now) {
  auto committed = writer_.take_committed();
  if (writer_.take_rebuilt())
    reader_.reopen();  // before anybody asks for what only the new one has
  for (auto& changes : committed) {
    ++commits_;
    if (changes.fork) go_on_as(changes.fork->id, now);
    for (const auto& event : changes.events) {
      log::debug("event seq={} kind={} target={}", event.seq, name_of(event.kind), event.target);
      // A subscriber whose queue is full misses it and asks for it again.
      send(events_, events_out_, event);
      published_ = event.seq;
      metrics_.published();
    }
    core_.apply(input::Committed{std::move(changes.probers)}, now);
  }
  control_.send_news_acks();
}

void App::beat(Now clocks, NodeTime now) {
  next_beat_ = std::max(next_beat_ + beat_interval, clocks.mono);
  const auto acks = control_.take_acks();
  const auto still = standstill(clocks, acks);
  Beat beat{
      .journal = journal_id_, .head = published_, .at = to_wire(now), .moving = still.empty()};
  if (!still.empty()) beat.standstill = escape_untrusted(still, longest_standstill);
  beat.reloaded_at = control_.reloaded_at();
  send(events_, events_out_, beat);
  look_after_journal(acks, now);
  submit_changes();  // what was decided by now is no part of a recording that begins now
  if (recording_) recording_->look();
  update_metrics();
  listening_.look(clocks.mono);
  tell_health();
}

void App::tell_health() {
  health_.beat();
  const auto journal = writer_.state();
  const auto& deaf = listening_.trouble();
  health_.ready(!journal.blocked && deaf.empty(),
                journal.blocked ? "the journal cannot be written: " + journal.trouble +
                                      (paused_ ? "; nothing is decided until it can" : "")
                                : deaf);
}

void App::update_metrics() {
  metrics_.update({.core = core_,
                   .bad_frames = bad_.total() + control_.bad_frames(),
                   .oversized = events_out_.refused() + control_.oversized(),
                   .foreign_batches = foreign_batches_,
                   .refused_acks = control_.refused_acks(),
                   .dropped_unread = writer_.dropped_unread(),
                   .queued = writer_.queued(),
                   .journal_bytes = writer_.size(),
                   .trouble = !writer_.state().trouble.empty(),
                   .paused = paused_});
}

/// Why the whole chain does not move; empty: it does.
std::string App::standstill(Now clocks, const std::map<std::string, std::int64_t>& acks) {
  const auto journal = writer_.state();
  return chain_.step({.samples = core_.probers().samples(),
                      .shortest_interval = shortest_interval_,
                      .queued = writer_.queued(),
                      .committed = commits_,
                      .journal_trouble = journal.blocked ? journal.trouble : "",
                      .head = published_,
                      .acks = acks},
                     clocks.mono);
}

/// A person who names another file than ours would believe that it is in force now.
std::string App::reload_by_command(const std::string& file, bool& ok) {
  ok = file.empty() || is_same_file(file, config_.file);
  if (!ok)
    return "not reloaded: the aggregator runs with " +
           std::filesystem::absolute(config_.file).string() + ", not with " +
           escape_untrusted(file, 200) + "; start it with that file, or change its own";
  return reload(ok);
}

std::string App::reload(bool& ok) {
  auto fresh = reread_config(config_.file, ConfigUser::aggregator);
  ok = fresh.has_value();
  if (!ok)
    return "not reloaded: the file has errors (they are in the aggregator's log); the running "
           "configuration stays";
  const auto text = "reloaded: " + std::to_string(fresh->servers.size()) + " targets; " +
                    changes_between(config_, *fresh);
  core_.apply(input::Configure{fresh->servers, true}, clock_.now(read_clocks()));
  config_ = *std::move(fresh);
  shortest_interval_ = shortest_interval_of(config_.servers);
  configure_consumers(clock_.now(read_clocks()));
  return text;
}

void App::finish() {
  submit_changes();
  const auto deadline = read_clocks().mono + finish_limit;
  while (writer_.queued() > 0 && read_clocks().mono < deadline) {
    zmq::pollitem_t item{nullptr, writer_.fd(), ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, std::chrono::milliseconds(50));
    publish(clock_.now(read_clocks()));
  }
  publish(clock_.now(read_clocks()));
  log::info("stopped head={}", published_);
}

}  // namespace stalewatch::aggregator
