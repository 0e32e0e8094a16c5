// Messages whose fields and elements went wrong one by one, in any order: what decodes comes back
// as it went, and who receives it keeps what it promises. Input: a list of steps, see
// message_tree.hpp; they are made here, so that there is no corpus.

#include "aggregator/core.hpp"
#include "common/bus/event_stream.hpp"
#include "common/messages/json_lines.hpp"
#include "common/messages/wire.hpp"
#include "prober/assignment.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/message_tree.hpp"

#include <cstring>

using namespace stalewatch;
using namespace stalewatch::fuzz;
using namespace std::chrono_literals;

namespace {

// ---- a message by itself ----

std::size_t fields_of_sample() {
  const Sample sample;
  std::size_t count = 0;
  for_each_field(sample, [&](const char*, const auto&) { ++count; });
  return count;
}

/// What only a newer version knows: entries in every map of fields, elements behind those of every
/// sample.
void add_unknown(Node& node) {
  if (node.type == Node::Type::map) {
    for (std::size_t i = 0; i + 1 < node.items.size(); i += 2)
      if (node.items[i].bytes != leaf(std::string("headers")).bytes) add_unknown(node.items[i + 1]);
    const std::vector<Node> first = {leaf(std::string("of_the_future")), odd_values().back()};
    node.items.insert(node.items.begin(), first.begin(), first.end());
    node.items.push_back(leaf(17)), node.items.push_back(nil());
  } else {
    for (auto& item : node.items) add_unknown(item);
  }
}
void add_unknown_to_samples(Node& batch) {
  for (auto& sample : batch.items[1].items) {
    sample.items.resize(fields_of_sample());
    sample.items.push_back(odd_values().back());
  }
  batch.items.resize(3);
  batch.items.push_back(odd_values().back());
}

/// No list of ours has a nil: one in the middle of each.
void add_bad_elements(Node& node) {
  if (node.type == Node::Type::array)
    node.items.insert(node.items.begin() + static_cast<std::ptrdiff_t>(node.items.size() / 2),
                      nil());
  else
    for (auto& item : node.items) add_bad_elements(item);
}

/// Those of its elements that keep their place when they cannot be understood.
auto* places_of(SampleBatch& batch) { return &batch.samples; }
auto* places_of(Replayed& page) { return &page.events; }
auto* places_of(Reply& reply) { return &reply.problems; }
template <typename M>
concept HasPlaces = requires(M& m) {
  places_of(m);
};

template <typename M, typename F>
Result<M> decode_changed(const M& message, F&& change) {
  auto tree = *read_tree(encode(message));
  change(tree);
  Refusals refused;
  return decode<M>(write_tree(tree), refused);
}

template <typename M>
void check_alone(M message) {
  if constexpr (HasPlaces<M>)  // the mark is not on the wire
    for (auto& element : *places_of(message)) element.unreadable = false;
  const auto again = decode<M>(encode(message));
  require(again && *again == message, "a message is read back");
  constexpr bool is_batch = std::is_same_v<M, SampleBatch>;
  const auto newer = decode_changed(
      message, [](Node& n) { is_batch ? add_unknown_to_samples(n) : add_unknown(n); });
  require(newer && *newer == message, "what is not known changes nothing");
  auto without =
      decode_changed(message, [](Node& n) { add_bad_elements(is_batch ? n.items[1] : n); });
  if constexpr (HasPlaces<M>)
    if (without) std::erase_if(*places_of(*without), [](const auto& e) { return e.unreadable; });
  if constexpr (std::is_same_v<M, Command>)
    require(!without, "arguments are all there, or none");
  else
    require(without && *without == message, "a bad element is left out alone");
  if constexpr (std::is_same_v<M, Event>)
    require(bool(event_from_json(to_json_line(message))), "an event's line is read back");
}

// ---- who receives them ----

/// A consumer: each event once, in order.
class Consumer {
 public:
  void take(const Event& event) { sequence_.on_live(event); }
  void take(const Beat& beat) { sequence_.on_beat(beat); }
  void take(const Replayed& page) { sequence_.on_replayed(page); }
  /// Moved to where the answer to what is asked for begins; by chance it would hardly ever be one.
  void answer(Replayed page) {
    const auto& asked = sequence_.open_replay();
    if (!asked || asked->after < 0) return;
    const auto move = [by = static_cast<std::uint64_t>(asked->after) -
                            static_cast<std::uint64_t>(page.after)](std::int64_t& number) {
      number = static_cast<std::int64_t>(static_cast<std::uint64_t>(number) + by);
    };
    move(page.after), move(page.head);
    for (auto& event : page.events) move(event.seq);
    sequence_.on_replayed(std::move(page));
  }
  void reconnect() { sequence_.on_reconnect(); }
  void time_out() { sequence_.replay_timed_out(); }

  void turn() {
    sequence_.wanted_replay();
    while (sequence_.has_something()) check(sequence_.take(3));
    require(!sequence_.caught_up() || sequence_.head() <= position_.seq, "caught up to the head");
  }

 private:
  void check(const EventBatch& batch) {
    const bool same = batch.cursor.journal == position_.journal;
    require(batch.previous_journal.has_value() == (!same && !position_.journal.empty()),
            "another journal is said");
    auto last = same ? std::optional(position_.seq) : std::nullopt;
    if (batch.gap) {
      require(batch.gap->first <= batch.gap->last, "a gap has numbers");
      require(!last || batch.gap->first > *last, "what was taken is not missing");
      last = batch.gap->last;
    }
    for (const auto& event : batch.events) {
      require(!last || event.seq > *last, "no event twice, none before an earlier one");
      require(!event.unreadable, "what cannot be understood is told as missing");
      last = event.seq;
    }
    require(!last || batch.cursor.seq >= *last, "the cursor is not before what was taken");
    position_ = batch.cursor;
  }

  EventSequence sequence_{std::nullopt, StartAt::oldest};
  Cursor position_;
};

/// A prober's side of the assignment.
class Assigned {
 public:
  void take(const Targets& piece) {
    using Took = prober::AssignmentPieces::Took;
    const auto before = pieces_.generation();
    const auto took = pieces_.take(piece);
    require((took == Took::complete) == (piece.last && took != Took::out_of_order),
            "the last piece completes");
    if (took != Took::complete)
      return require(pieces_.generation() == before, "a part changes nothing");
    require(pieces_.generation() == piece.generation, "the generation of its pieces");
    require(pieces_.change().assignment == piece.assignment, "the assignment of its pieces");
    require(pieces_.change().added.size() >= piece.added.size(), "all that was added");
  }

 private:
  prober::AssignmentPieces pieces_;
};

/// The aggregator's core, with what its journal holds.
class Aggregator {
 public:
  Aggregator() { begin({}); }

  void take(const Hello& hello) { core_->apply(aggregator::input::Hello{hello, "peer"}, now_); }
  void take(const Lease& lease) { core_->apply(aggregator::input::Lease{lease, "peer"}, now_); }
  void take(const Goodbye& goodbye) { core_->apply(aggregator::input::Goodbye{goodbye}, now_); }
  void take(const Ack& ack) {
    if (core_->consumers().counts(ack.journal, ack.seq, last_seq_))
      core_->apply(aggregator::input::Acked{ack.journal, ack.seq}, now_);
  }
  /// The frame's header, which names the prober, is left out here.
  void take(const SampleBatch& batch) {
    core_->apply(
        aggregator::input::Samples{"p1", batch.assignment, batch.samples, batch.after.value_or(0)},
        now_);
  }
  void garbled() { core_->apply(aggregator::input::Garbled{"i1"}, aggregator::NodeTime{}); }
  /// Whom another configuration names as consumers.
  void take(const Command& command) {
    core_->apply(aggregator::input::ConfigureConsumers{command.arguments}, now_);
  }
  void step_clock(Duration step) {
    core_->apply(aggregator::input::ClockAdopted{step, "stepped"}, now_ + step);
    now_ += step;
  }
  void resume() { core_->apply(aggregator::input::Resume{}, now_); }
  void restart() {
    aggregator::Restored restored;
    for (const auto& [id, row] : targets_) restored.targets.push_back(row);
    for (const auto& [instance, row] : probers_) restored.probers.push_back(row);
    restored.next_id = next_id_;
    restored.next_seq = core_->next_seq();
    begin(std::move(restored));
  }

  void pass(Duration time) {
    const auto end = now_ + time;
    for (int fired = 0; fired < 20; ++fired) {
      const auto due = core_->next_deadline();
      if (!due || *due > end) break;
      core_->apply(aggregator::input::Tick{}, now_ = std::max(now_, *due));
    }
    core_->apply(aggregator::input::Tick{}, now_ = end);
    core_->apply(aggregator::input::Published{core_->next_seq() - 1}, now_);
    core_->apply(aggregator::input::WatchConsumers{5s}, now_);
    commit();
  }

 private:
  static std::vector<ServerConfig> servers() {
    std::vector<ServerConfig> all;
    for (const std::string key : {"A", "B", "C"})
      all.push_back({.key = key,
                     .name = key,
                     .address = "http://user:secret@h/" + key,
                     .threshold = 30s,
                     .msg_interval = 10s,
                     .interval = 5s,
                     .server_clock = key == "B",
                     .recover_after = key == "C" ? 2u : 1u,
                     .notification = key != "C"});
    return all;
  }

  void begin(aggregator::Restored restored) {
    core_.emplace(std::move(restored), 5s, now_);
    core_->apply(aggregator::input::Configure{servers()}, now_);
    core_->apply(aggregator::input::ConfigureConsumers{{"j", "k"}}, now_);
    commit();
  }

  void commit() {
    const auto changes = core_->take_changes();
    for (const auto& event : changes.events) {
      require(event.seq == ++last_seq_, "events are numbered without holes");
      require(!event.notify || !event.inhibited, "chat is told nothing that is inhibited");
      const auto again = decode<Event>(encode(event));
      require(again && *again == event, "an event is read back from the journal");
      require(bool(event_from_json(to_json_line(event))), "an event's line is read back");
    }
    for (const auto& row : changes.targets) {
      const auto state = aggregator::decode_state(aggregator::encode_state(row.state));
      require(state && *state == row.state, "a state is read back from the journal");
      next_id_ = std::max(next_id_, row.id + 1);
      row.retired ? void(targets_.erase(row.id)) : void(targets_.insert_or_assign(row.id, row));
    }
    for (const auto& instance : changes.probers_gone) probers_.erase(instance);
    for (const auto& row : changes.probers) probers_.insert_or_assign(row.instance, row);
    core_->apply(aggregator::input::Committed{changes.probers}, aggregator::NodeTime{});
    for (const auto& ack : core_->take_acks())
      require(ack.resend_from.value_or(UINT64_MAX) > ack.committed,
              "what is safe is not asked for");
    core_->take_assignment_changes();
    core_->targets().open_problems(0, last_seq_, now_);
  }

  aggregator::NodeTime now_ = aggregator::from_wire(t0);
  std::optional<aggregator::Core> core_;
  std::int64_t last_seq_ = 0;
  std::uint32_t next_id_ = 1;
  std::map<std::uint32_t, aggregator::TargetRow> targets_;
  std::map<std::string, aggregator::ProberRow> probers_;
};

class Receivers {
 public:
  template <typename M>
  void take_bytes(const std::string& body) {
    Refusals refused;
    const auto message = decode<M>(body, refused);
    require(bool(decode<M>(body)) == (message && refused.count == 0), "all of it or nothing");
    require((refused.count > 0) != refused.first.empty(), "what is left out is said");
    if constexpr (std::is_same_v<M, SampleBatch>)
      if (!message) aggregator_.garbled();
    if (!message) return require(!message.error().empty(), "a reason");
    check_alone(*message);
    take(consumer_, *message), take(assigned_, *message), take(aggregator_, *message);
  }

  /// Steps that are no messages, by what is left of their number; `us`: how long, where it matters.
  void other_step(std::size_t which, std::int64_t us) {
    const Duration time{us % 60'000'000};
    if (which == 0) consumer_.reconnect();
    if (which == 1) consumer_.time_out();
    if (which == 2) aggregator_.pass(time < 0s ? -time : time);
    if (which == 3) aggregator_.resume();
    if (which == 4) aggregator_.restart();
    if (which == 5) aggregator_.step_clock(time);
  }

  void turn() {
    consumer_.turn();
    aggregator_.pass(100ms);
  }

 private:
  template <typename R, typename M>
  void take(R& receiver, const M& message) {
    if constexpr (requires { receiver.take(message); }) receiver.take(message);
    if constexpr (requires { receiver.answer(message); }) receiver.answer(message);
  }

  Consumer consumer_;
  Assigned assigned_;
  Aggregator aggregator_;
};

template <std::size_t... I>
void take_message(Receivers& receivers, std::size_t which, const std::string& body,
                  std::index_sequence<I...>) {
  ((which == I ? receivers.take_bytes<std::tuple_element_t<I, AllMessages>>(body) : void()), ...);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = read_tree(text_of(data, size));
  if (!input) return 0;
  Receivers receivers;
  for (const auto& step : input->items) {
    const auto which = step.items.size() == 2 ? number_in(step.items[0]) : std::nullopt;
    if (!which || *which < 0) continue;
    const auto number = static_cast<std::size_t>(*which);
    if (number < message_count)
      take_message(receivers, number, write_tree(step.items[1]),
                   std::make_index_sequence<message_count>());
    else
      receivers.other_step(number - message_count, number_in(step.items[1]).value_or(0));
    receivers.turn();
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  Mutator mutator(seed);
  auto input = read_tree(text_of(data, size));
  if (input && input->type == Node::Type::array)
    mutator.mutate(*input);
  else
    input = mutator.fresh_input();
  auto bytes = write_tree(*input);
  for (; bytes.size() > max_size && !input->items.empty(); bytes = write_tree(*input))
    input->items.erase(input->items.begin());
  std::memcpy(data, bytes.data(), std::min(bytes.size(), max_size));
  return std::min(bytes.size(), max_size);
}
