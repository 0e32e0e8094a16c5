// The process' part that is about its journal.

#include "aggregator/app.hpp"
#include "common/base/random_id.hpp"
#include "common/config/environment.hpp"
#include "common/process/log.hpp"

namespace stalewatch::aggregator {

DiskReserve reserve_of(const Config& config) {
  return {config.journal_path + ".reserve", config.journal.reserve};
}

std::string reached_from_anywhere(const std::string& endpoint) {
  constexpr std::string_view ipc = "ipc://", abstract = "ipc://@";
  if (!endpoint.starts_with(ipc) || endpoint.starts_with(abstract)) return endpoint;
  return std::string(ipc) + absolute_path(endpoint.substr(ipc.size()));
}

namespace {

/// Also on a disk that is full already.
Journal open_file(const Config& config) {
  try {
    return Journal(config.journal_path, Journal::Mode::write);
  } catch (const JournalError& e) {
    const bool no_room = e.fault == JournalFault::disk_full || e.fault == JournalFault::io_error;
    if (!no_room || !reserve_of(config).release()) throw;
    log::error("{}; living on the reserve now", e.what());
    return Journal(config.journal_path, Journal::Mode::write);
  }
}

}  // namespace

/// With another id when an older copy of it was put in its place: numbers that consumers have seen
/// would mean something else. So they would in a copy from before the journal was forked, whose id
/// is that of before: it is not the journal that was written here last, and does not stem from it.
Journal open_journal(const Config& config, const JournalLock::Note& before) {
  Journal journal = open_file(config);
  const auto head = journal.head();
  if (before.journal.empty()) return journal;
  const bool same = before.journal == journal.id();
  if (same && before.head <= head) return journal;
  if (!same && journal.read(Replay{.journal = before.journal}).shared) return journal;
  journal.fork({random_id(), head});
  if (same)
    log::error(
        "the journal is an older copy of itself: it ends at event {}, and had come to {}; it goes "
        "on under a new id journal={}",
        head, before.head, journal.id());
  else if (head > 0)  // else it is made anew, most likely
    log::error(
        "the journal is another one than was written here last, perhaps an older copy from before "
        "that was given a new id: it ends at event {}, and goes on under a new id journal={}",
        head, journal.id());
  return journal;
}

/// What the journal holds, and where its head was when what is older counts as not taken.
Restored App::restored(NodeTime now) {
  Restored restored = journal_.restore();
  const auto before = now - config_.journal.consumer_behind_after;
  restored.heads = {{before, journal_.head_at(before)}, {now, restored.next_seq - 1}};
  return restored;
}

/// When a consumer has seen more of this journal than there is, an older copy was put in its place.
void App::hear(const Claim& claim) {
  if (!claims_.hear(claim, journal_id_, published_, last_turn_)) return;
  Changes changes;
  // What was decided since the start is another story than the one that the consumer knows.
  changes.fork = Fork{random_id(), head_at_start_};
  log::error(
      "consumer {} has seen event {} of this journal, which ended before that: it is an older "
      "copy; "
      "it goes on under a new id journal={}",
      claim.consumer, claim.seq, changes.fork->id);
  writer_.submit(std::move(changes));
}

/// The fork is on disk.
void App::go_on_as(const std::string& journal_id, NodeTime now) {
  journal_id_ = journal_id;
  core_.apply(input::Resend{}, now);  // an assignment carries the journal's id
  // Before any event that follows: numbers go on, and are of the new journal.
  send(events_, events_out_, Beat{.journal = journal_id_, .head = published_, .at = to_wire(now)});
}

/// For whom events are kept, without whom the chain does not move, and who is believed.
void App::configure_consumers(NodeTime now) {
  core_.apply(input::Published{published_}, now);  // where a new one begins
  core_.apply(input::ConfigureConsumers{config_.journal.consumers}, now);
  chain_.configure(config_.journal.consumers);
  claims_.configure(config_.journal.consumers);
}

void App::look_after_journal(const std::map<std::string, std::int64_t>& acks, NodeTime now) {
  const auto& limits = config_.journal;
  core_.apply(input::Published{published_}, now);
  for (const auto& [consumer, seq] : acks) core_.apply(input::Acked{consumer, seq}, now);
  auto trouble = writer_.take_incident();
  if (trouble.empty()) trouble = writer_.state().trouble;
  core_.apply(input::JournalTrouble{trouble}, now);
  core_.apply(input::WatchConsumers{limits.consumer_behind_after}, now);
  writer_.tend({.acked_by_all = core_.consumers().acked_by_all(),
                .keep_updates = limits.keep_updates,
                .keep_events = limits.keep_events,
                .max_size = limits.max_size,
                .now = now},
               {journal_id_, published_});
}

}  // namespace stalewatch::aggregator
