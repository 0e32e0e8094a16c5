#include "common/bus/event_source.hpp"

#include "common/base/clocks.hpp"
#include "common/base/random_id.hpp"
#include "common/process/log.hpp"

#include <unistd.h>

#include <algorithm>

namespace stalewatch {
namespace {

using namespace std::chrono_literals;

constexpr auto repeat_every = 5s;  // hellos, and requests without an answer
constexpr auto ack_every = 200ms;  // acks are cumulative: a few a second tell as much as thousands
constexpr auto retry_unsent = 50ms;  // while the other side is not connected
constexpr auto silence =
    3500ms;  // three beats missed: the connection, and what was under way, may be gone
constexpr auto first_beat_awaited = 5s;   // an aggregator that runs is heard within one
constexpr int messages_per_turn = 1'000;  // then what was received gets its turn
constexpr std::size_t boots_remembered = 8;
constexpr std::size_t commands_waiting = 100;  // the oldest is forgotten beyond

bool due(const std::optional<SteadyTime>& last, Duration every, SteadyTime now) {
  return !last || now - *last >= every;
}

}  // namespace

EventSource::EventSource(zmq::context_t& context, const TransportConfig& transport,
                         const std::string& name, std::optional<Cursor> cursor, StartAt start)
    : control_(make_control_dealer(context, transport.control)),
      events_(make_events_receiver(context, transport.events)),
      control_endpoint_(transport.control),
      endpoints_("control=" + transport.control + " events=" + transport.events),
      hello_{
          .role = "consumer", .name = name, .instance = random_id(), .version = STALEWATCH_VERSION},
      sender_(name, hello_.instance),
      start_(start),
      sequence_(std::move(cursor), start),
      started_(read_clocks().mono) {}

EventSource::~EventSource() {
  try {
    if (ack_due_) send(control_, sender_, Ack{acked_->journal, acked_->seq});
    send(control_, sender_, Goodbye{hello_.instance});
  } catch (const std::exception& e) {
    log::debug("no goodbye to the aggregator error=\"{}\"", e.what());
  }
}

void EventSource::watch(int fd) { watched_.push_back(fd); }

EventBatch EventSource::poll(Duration timeout, std::size_t max) {
  const auto deadline = read_clocks().mono + timeout;
  bool interrupted = false;
  for (;;) {
    const auto now = read_clocks().mono;
    receive_all(now);
    send_due(now);
    tell_changes(now);
    if (sequence_.has_something() || !answers_.empty() || interrupted || now >= deadline)
      return sequence_.take(max);
    interrupted = wait(std::chrono::duration_cast<Duration>(deadline - now));
  }
}

void EventSource::pump(Duration timeout) { move_messages(timeout, false); }

void EventSource::await_answer(Duration timeout) { move_messages(timeout, true); }

void EventSource::move_messages(Duration timeout, bool until_answer) {
  const auto deadline = read_clocks().mono + timeout;
  for (bool interrupted = false; !interrupted;) {
    const auto now = read_clocks().mono;
    receive_all(now);
    send_due(now);
    tell_changes(now);
    if (now >= deadline || (until_answer && !answers_.empty())) return;
    interrupted = wait(std::chrono::duration_cast<Duration>(deadline - now));
  }
}

void EventSource::ack(const Cursor& cursor) {
  acked_ = cursor;
  ack_due_ = true;
}

void EventSource::start_from(std::optional<Cursor> cursor) {
  sequence_ = EventSequence(std::move(cursor), start_);
  told_following_ = told_ahead_ = false;
}

std::uint64_t EventSource::ask(const std::string& word, std::vector<std::string> arguments) {
  asked_.push_back(
      {.command = {.id = ++last_command_, .word = word, .arguments = std::move(arguments)},
       .sent = {}});
  if (asked_.size() > commands_waiting) asked_.pop_front();
  return last_command_;
}

std::optional<Answer> EventSource::take_answer() {
  if (answers_.empty()) return std::nullopt;
  Answer answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

/// True when a watched descriptor is readable. Wakes up by itself for what has to be sent (again).
bool EventSource::wait(Duration timeout) {
  const bool unsent = !hello_sent_ || ack_due_ || (replay_ && !replay_sent_);
  const auto longest = std::min<Duration>(timeout, unsent ? Duration(retry_unsent) : Duration(1s));
  std::vector<zmq::pollitem_t> items{{control_.handle(), 0, ZMQ_POLLIN, 0},
                                     {events_.handle(), 0, ZMQ_POLLIN, 0}};
  for (const int fd : watched_) items.push_back({nullptr, fd, ZMQ_POLLIN, 0});
  try {
    zmq::poll(items, std::chrono::ceil<std::chrono::milliseconds>(longest));
  } catch (const zmq::error_t& e) {
    if (e.num() != EINTR) throw;
    return true;
  }
  return std::any_of(items.begin() + 2, items.end(),
                     [](const auto& item) { return item.revents != 0; });
}

/// Sends what is due; false when the other side does not take it now.
bool EventSource::send_due(SteadyTime now) {
  if (due(hello_sent_, repeat_every, now)) {
    // Repeated for ever: the aggregator sees each reconnect as a new peer, which we may not notice.
    if (!send(control_, sender_, hello_)) return false;
    hello_sent_ = now;
    ack_due_ = acked_.has_value();
  }
  if (replay_ && replay_sent_ && now - *replay_sent_ >= repeat_every) {
    sequence_.replay_timed_out();
  }
  if (!sequence_.open_replay()) {
    replay_ = sequence_.wanted_replay();
    replay_sent_.reset();
  }
  if (replay_ && !replay_sent_) {
    if (!send(control_, sender_, *replay_)) return false;
    replay_sent_ = now;
  }
  if (ack_due_ && due(ack_sent_, ack_every, now)) {
    if (!send(control_, sender_, Ack{acked_->journal, acked_->seq})) return false;
    ack_sent_ = now;
    ack_due_ = false;
  }
  return send_commands(now);
}

bool EventSource::send_commands(SteadyTime now) {
  for (Asked& asked : asked_) {
    if (!due(asked.sent, repeat_every, now)) continue;
    if (!send(control_, sender_, asked.command)) return false;
    asked.sent = now;
  }
  return true;
}

void EventSource::receive_all(SteadyTime now) {
  for (int n = 0; n < messages_per_turn; ++n) {
    const auto frames = receive(events_, bad_);
    if (!frames) break;
    if (is_current(frames->header)) on_events_frames(*frames, now);
  }
  for (int n = 0; n < messages_per_turn; ++n) {
    const auto frames = receive(control_, bad_);
    if (!frames) break;
    if (is_current(frames->header)) on_control_frames(*frames);
  }
}

void EventSource::on_events_frames(const Frames& frames, SteadyTime now) {
  if (frames.topic == topic_of<Event>()) {
    // What is missing of the numbers then is asked for.
    if (auto event = decoded<Event>(frames, bad_)) sequence_.on_live(*std::move(event));
  } else if (frames.topic == topic_of<Beat>()) {
    auto beat = decoded<Beat>(frames, bad_);
    if (!beat) return;
    if (last_beat_ && now - *last_beat_ > silence) reconnected();
    last_beat_ = now;
    sequence_.on_beat(*beat);
    reload_word_.heard(beat->reloaded_at);
    beat_ = *std::move(beat);
  }
}

void EventSource::on_control_frames(const Frames& frames) {
  if (frames.topic == topic_of<Replayed>()) {
    if (auto page = decoded<Replayed>(frames, bad_)) sequence_.on_replayed(*std::move(page));
  } else if (frames.topic == topic_of<Reply>()) {
    auto reply = decoded<Reply>(frames, bad_);
    if (!reply) return;
    const bool all_understood = std::erase_if(reply->problems, [](const Event& problem) {
                                  return problem.unreadable;
                                }) == 0;
    if (std::erase_if(asked_, [&](const Asked& asked) { return asked.command.id == reply->id; }) >
        0)
      answers_.push_back({*std::move(reply), frames.header.boot, all_understood});
  }
}

/// False for what an aggregator that is no more has sent: it may speak of another journal.
bool EventSource::is_current(const Header& header) {
  if (header.boot == boot_) return true;
  if (std::find(past_boots_.begin(), past_boots_.end(), header.boot) != past_boots_.end())
    return false;
  past_boots_.push_back(std::exchange(boot_, header.boot));
  if (past_boots_.size() > boots_remembered) past_boots_.pop_front();
  reconnected();
  return true;
}

void EventSource::reconnected() {
  sequence_.on_reconnect();
  hello_sent_.reset();
  told_following_ = false;
}

/// One line for each change of state that a person would want to know of.
void EventSource::tell_changes(SteadyTime now) {
  if (!told_following_ && sequence_.caught_up()) {
    told_following_ = true;
    log::info("following the aggregator head={}", sequence_.head());
  }
  const bool silent =
      last_beat_ ? now - *last_beat_ > silence : now - started_ > first_beat_awaited;
  if (silent != told_silence_) {
    told_silence_ = silent;
    if (silent)
      log::warn("waiting for the aggregator {}{}", endpoints_,
                last_beat_ ? "" : why_unreached(control_endpoint_));
    else
      log::info("the aggregator is there {}", endpoints_);
  }
  if (sequence_.ahead_of_journal() && !std::exchange(told_ahead_, true))
    log::error(
        "the aggregator's journal is older than what has been received from it (restored from a "
        "copy?): waiting "
        "for it to name another journal");
}

}  // namespace stalewatch
