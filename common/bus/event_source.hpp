#pragma once

// A consumer's sockets: SUB for live events and beats, DEALER for replay, acks and commands, around
// one EventSequence. One thread, which owns the object; nothing in here waits but pump() and
// poll().

#include "common/bus/bus.hpp"
#include "common/bus/event_stream.hpp"
#include "common/bus/reload_word.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch {

/// What the aggregator answers to a command.
struct Answer {
  Reply reply;
  std::string boot;            ///< of the aggregator that gave it
  bool all_understood = true;  ///< false: some of its problems could not be, and are left out
};

class EventSource {
 public:
  /// Connects; an aggregator that is not there is waited for. `name` is what the aggregator and
  /// people call the consumer. Throws std::runtime_error naming the endpoint when it is not one.
  EventSource(zmq::context_t& context, const TransportConfig& transport, const std::string& name,
              std::optional<Cursor> cursor, StartAt start);
  /// Sends the last ack and says goodbye.
  ~EventSource();
  EventSource(const EventSource&) = delete;
  EventSource& operator=(const EventSource&) = delete;

  /// pump() and poll() return when this is readable, too: signals, an eventfd of another thread.
  void watch(int fd);

  /// Returns the next events, at most `max`, as soon as there are any; an empty batch when
  /// `timeout` has passed or a watched descriptor is readable.
  EventBatch poll(Duration timeout, std::size_t max);
  /// Moves messages without taking any events, until `timeout` has passed or a watched descriptor
  /// is readable. For a consumer whose effect has to wait: what arrives meanwhile is buffered up to
  /// EventSequence::buffer_limit.
  void pump(Duration timeout);

  /// The same, but returns as soon as there is an answer to a command.
  void await_answer(Duration timeout);

  /// Everything up to here has taken effect. Told to the aggregator soon, several together.
  void ack(const Cursor& cursor);
  /// Forgets where it is and begins there: when what has taken effect turned out to be something
  /// else.
  void start_from(std::optional<Cursor> cursor);

  /// Sends a command, again and again until it is answered; the Reply carries the number returned.
  std::uint64_t ask(const std::string& word, std::vector<std::string> arguments = {});
  /// An answer that has arrived, once.
  std::optional<Answer> take_answer();

  /// A person had the configuration read again; once.
  bool take_reload() { return reload_word_.take(); }

  /// When the newest sign of life (beat) was received; nothing before the first.
  std::optional<SteadyTime> last_beat() const { return last_beat_; }
  /// What it said.
  const Beat& beat() const { return beat_; }
  const EventSequence& sequence() const { return sequence_; }

 private:
  struct Asked {
    Command command;
    std::optional<SteadyTime> sent;
  };

  void move_messages(Duration timeout, bool until_answer);
  bool wait(Duration timeout);
  bool send_due(SteadyTime now);
  bool send_commands(SteadyTime now);
  void receive_all(SteadyTime now);
  void on_events_frames(const Frames& frames, SteadyTime now);
  void on_control_frames(const Frames& frames);
  bool is_current(const Header& header);
  void reconnected();
  void tell_changes(SteadyTime now);

  zmq::socket_t control_;
  zmq::socket_t events_;
  std::string control_endpoint_, endpoints_;
  Hello hello_;
  Sender sender_;
  BadFrames bad_;
  StartAt start_;
  EventSequence sequence_;
  std::vector<int> watched_;

  std::string boot_;                    ///< the aggregator's, the newest seen on either socket
  std::deque<std::string> past_boots_;  ///< those before it: what still arrives from them is stale
  std::optional<SteadyTime> hello_sent_;
  std::optional<Replay> replay_;  ///< under way, or not yet sent
  std::optional<SteadyTime> replay_sent_;
  std::optional<Cursor> acked_;
  bool ack_due_ = false;
  std::optional<SteadyTime> ack_sent_;
  std::uint64_t last_command_ = 0;
  std::deque<Asked> asked_;
  std::deque<Answer> answers_;

  SteadyTime started_;
  std::optional<SteadyTime> last_beat_;
  Beat beat_;
  ReloadWord reload_word_;
  bool told_following_ = false, told_silence_ = false, told_ahead_ = false;
};

}  // namespace stalewatch
