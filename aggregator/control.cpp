#include "aggregator/control.hpp"

#include "common/base/text.hpp"
#include "common/config/target_spec.hpp"
#include "common/process/log.hpp"

#include <algorithm>
#include <charconv>

namespace stalewatch::aggregator {
namespace {

// Messages handled in one turn; the rest waits for the next, so that no socket starves another.
constexpr int turn_limit = 1'000;
// Pieces of assignments, of 256 KiB, sent in one turn; and changes of a prober's share that wait
// for room in its queue, beyond which it is told the whole instead.
constexpr int pieces_per_turn = 16;
constexpr std::size_t max_unsent = 16;
// A prober that after so many leases (seconds) still works by an old assignment has missed a piece.
// A large one may be a while on its way.
constexpr std::size_t patience = 3;
constexpr std::size_t pieces_per_second = 4;
constexpr std::size_t why_shown = 400;
// What is shown of a name that somebody else has given.
constexpr std::size_t name_shown = 80;

/// What is said in a hello is kept, and shown to people.
bool is_sane(const Hello& hello) {
  constexpr std::size_t longest = 200;
  for (const auto* text : {&hello.name, &hello.instance, &hello.zone, &hello.version})
    if (text->size() > longest || escape_untrusted(*text, longest) != *text) return false;
  return !hello.name.empty() && !hello.instance.empty();
}

/// Where a page of problems begins, as those who ask for the next one carry it.
struct PageCursor {
  std::uint32_t from = 0;  ///< id of a target
  std::int64_t head = 0;   ///< newest published event when the first page was made

  std::string text() const { return std::to_string(from) + "-" + std::to_string(head); }

  bool read(std::string_view text) {
    const char* const end = text.data() + text.size();
    const auto id = std::from_chars(text.data(), end, from);
    if (id.ec != std::errc() || id.ptr == end || *id.ptr != '-') return false;
    const auto number = std::from_chars(id.ptr + 1, end, head);
    return number.ec == std::errc() && number.ptr == end;
  }
};

}  // namespace

Control::Control(zmq::socket_t socket, Sender sender, Links links)
    : socket_(std::move(socket)), sender_(std::move(sender)), links_(std::move(links)) {}

void Control::drain() {
  for (int i = 0; i < turn_limit; ++i) {
    const auto frames = receive(socket_, bad_);
    if (!frames) return;
    handle(*frames, links_.now());
  }
}

void Control::handle(const Frames& frames, NodeTime now) {
  const auto& topic = frames.topic;
  if (topic == topic_of<Hello>()) {
    on_hello(frames, now);
  } else if (topic == topic_of<Lease>()) {
    on_lease(frames, now);
  } else if (topic == topic_of<Goodbye>()) {
    if (auto goodbye = decoded<Goodbye>(frames, bad_))
      links_.core.apply(input::Goodbye{*std::move(goodbye)}, now);
  } else if (topic == topic_of<Replay>()) {
    if (auto replay = decoded<Replay>(frames, bad_)) {
      links_.heard({.consumer = frames.header.sender,
                    .peer = frames.peer,
                    .journal = replay->journal,
                    .seq = replay->after});
      links_.reader.submit(frames.peer, *std::move(replay));
    }
  } else if (topic == topic_of<Ack>()) {
    on_ack(frames);
  } else if (topic == topic_of<Command>()) {
    on_command(frames, now);
  } else {
    bad_.count(frames.header.sender, "unknown topic " + topic);
  }
}

void Control::on_ack(const Frames& frames) {
  const auto ack = decoded<Ack>(frames, bad_);
  if (!ack) return;
  const auto& consumer = frames.header.sender;
  links_.heard({.consumer = consumer,
                .peer = frames.peer,
                .journal = ack->journal,
                .seq = ack->seq,
                .acknowledges = true});
  if (ack->journal != links_.journal_id) return;
  if (!links_.core.consumers().counts(consumer, ack->seq, links_.head()))
    return refuse_ack(consumer);
  acks_[consumer] = ack->seq;
}

/// Nothing is remembered of a consumer without a place but that its owner was told so.
void Control::refuse_ack(const std::string& consumer) {
  ++refused_acks_;
  if (links_.core.consumers().find(consumer)) return;
  if (const auto shown = escape_untrusted(consumer, name_shown); strangers_.is_first(shown))
    log::warn(
        "consumer {} acknowledges, but journal.consumers does not name it: nothing is kept "
        "for it",
        shown);
}

void Control::on_hello(const Frames& frames, NodeTime now) {
  const auto hello = decoded<Hello>(frames, bad_);
  if (!hello) return;
  if (!is_sane(*hello))
    return bad_.count(frames.header.sender,
                      "hello: a name is empty, too long or not fit to be shown");
  if (greeted_.is_first(hello->instance))
    log::info("hello role={} name={} version={}", escape_untrusted(hello->role, 40), hello->name,
              hello->version);
  if (hello->role == "prober") links_.core.apply(input::Hello{*hello, frames.peer}, now);
}

void Control::on_lease(const Frames& frames, NodeTime now) {
  const auto lease = decoded<Lease>(frames, bad_);
  if (!lease) return;
  links_.core.apply(input::Lease{*lease, frames.peer}, now);
  const auto* const prober = links_.core.probers().reachable(lease->instance);
  const LeaseReply reply{.known = prober != nullptr,
                         .lease_sent_at = lease->sent_at,
                         .now = to_wire(now),
                         .reloaded_at = reloaded_at_};
  send(socket_, sender_, reply, frames.peer);
  if (!prober) return;
  auto& share = shares_[lease->instance];
  const bool knows_all = lease->generation == prober->generation || !share.unsent.empty();
  share.behind = knows_all ? 0 : share.behind + 1;
  if (static_cast<std::size_t>(share.behind) < patience + share.pieces / pieces_per_second) return;
  share.behind = 0;
  links_.core.apply(input::Resend{lease->instance}, now);
}

void Control::on_command(const Frames& frames, NodeTime now) {
  const auto command = decoded<Command>(frames, bad_);
  if (!command) return;
  Reply reply{.ok = true};
  if (command->word == "reload") {
    reply.text = reload(*command, reply.ok, now);
  } else if (command->word == "problems") {
    reply = problems(*command, now);
  } else if (command->word == "forget") {
    reply = forget(*command);
  } else if (command->word == "status") {
    reply = status();
  } else if (command->word == "stuck") {
    reply = stuck(frames.header.sender, *command, now);
  } else {
    reply = {.ok = false,
             .text = "unknown command \"" + escape_untrusted(command->word, 40) +
                     "\"; known: forget, problems, reload, status, stuck"};
  }
  reply.id = command->id;
  reply.journal = links_.journal_id;
  reply.head = links_.head();
  send(socket_, sender_, reply, frames.peer);
}

/// Whoever is connected reads its own file again, too: leases and beats carry the word.
std::string Control::reload(const Command& command, bool& ok, NodeTime now) {
  const auto file = command.arguments.empty() ? std::string() : command.arguments.front();
  auto text = links_.reload(file, ok);
  if (ok) reloaded_at_ = to_wire(now);
  return text;
}

/// One page. What was announced after the first one is in none: it comes as an event.
Reply Control::problems(const Command& command, NodeTime now) const {
  PageCursor cursor{.head = links_.head()};
  if (!command.arguments.empty() && !cursor.read(command.arguments.front()))
    return {.ok = false, .text = "this is not what a page named as the next one"};
  auto page = links_.core.targets().open_problems(cursor.from, cursor.head, now);
  Reply reply{
      .ok = true,
      .text = std::to_string(page.problems.size()) + " open" + (page.next ? ", and more" : ""),
      .problems = std::move(page.problems)};
  if (page.next) reply.next = PageCursor{*page.next, cursor.head}.text();
  return reply;
}

/// For who knows the command from the time when acknowledging alone made a place.
Reply Control::forget(const Command& command) const {
  if (command.arguments.size() != 1) return {.ok = false, .text = "forget whom?"};
  const auto& name = command.arguments.front();
  const auto shown = escape_untrusted(name, name_shown);
  if (links_.core.consumers().find(name))
    return {.ok = false,
            .text = "events are kept for " + shown +
                    " because journal.consumers names it: take it out there, then reload"};
  std::string known;
  for (const auto& [consumer, row] : links_.core.consumers().rows())
    known += (known.empty() ? "" : ", ") + consumer;
  return {.ok = false,
          .text = "nothing is kept for \"" + shown + "\"; journal.consumers names " +
                  (known.empty() ? "nobody" : known)};
}

/// From a consumer that takes nothing until somebody changes something: people hear why.
Reply Control::stuck(const std::string& consumer, const Command& command, NodeTime now) {
  if (command.arguments.size() != 1 || command.arguments.front().empty())
    return {.ok = false, .text = "stuck by what?"};
  const auto why = escape_untrusted(command.arguments.front(), why_shown);
  links_.core.apply(input::ConsumerStuck{consumer, why}, now);
  if (!links_.core.consumers().find(consumer))
    return {.ok = false, .text = "journal.consumers does not name it"};
  return {.ok = true, .text = "it is told"};
}

Reply Control::status() const {
  const auto counts = links_.core.targets().counts();
  return {.ok = true,
          .text = std::to_string(counts.targets) + " targets: " + std::to_string(counts.fresh) +
                  " fresh, " + std::to_string(counts.stale) + " stale, " +
                  std::to_string(counts.data_unknown) + " not known yet; " +
                  std::to_string(counts.failing) + " failing, " +
                  std::to_string(counts.not_watched) + " not watched; " +
                  std::to_string(links_.core.probers().probers().size()) + " probers"};
}

void Control::send_pages() {
  for (const auto& [peer, page] : links_.reader.take_pages()) send(socket_, sender_, page, peer);
}

void Control::send_news_acks() {
  for (const auto& news : links_.core.take_acks()) {
    const auto* prober = links_.core.probers().reachable(news.instance);
    if (!prober) continue;
    // One that finds no room is made good by the next lease's.
    send(socket_, sender_,
         Ack{.journal = links_.journal_id,
             .seq = static_cast<std::int64_t>(news.committed),
             .resend_from = news.resend_from,
             .batch = news.batch},
         prober->peer);
  }
}

void Control::send_assignments(NodeTime now) {
  for (auto& change : links_.core.take_assignment_changes())
    begin_assignment(std::move(change), now);
  const auto& probers = links_.core.probers();
  std::erase_if(shares_, [&](const auto& known) { return !probers.find(known.first); });
  int left_of_turn = pieces_per_turn;
  for (auto& [instance, share] : shares_) send_pieces(*probers.find(instance), share, left_of_turn);
}

bool Control::sends_more() const {
  return std::any_of(shares_.begin(), shares_.end(),
                     [](const auto& known) { return known.second.more; });
}

void Control::begin_assignment(AssignmentChange change, NodeTime now) {
  const auto* prober = links_.core.probers().reachable(change.instance);
  if (!prober) return;
  auto& unsent = shares_[change.instance].unsent;
  const bool too_many = !change.full && unsent.size() >= max_unsent;
  if (change.full || too_many) unsent.clear();
  if (too_many) return links_.core.apply(input::Resend{change.instance}, now);
  links_.core.apply(input::Assigned{change.instance, ++generation_}, now);
  unsent.emplace_back(std::move(change), Targets{.assignment = links_.journal_id,
                                                 .generation = generation_,
                                                 .lease = links_.lease,
                                                 .name = prober->name});
}

void Control::send_pieces(const Prober& prober, Share& share, int& left_of_turn) {
  const auto spec_of = [&](std::uint32_t id) -> std::optional<TargetSpec> {
    const auto* target = links_.core.targets().find(id);
    if (!target) return std::nullopt;
    return target_spec(id, target->policy);
  };
  for (; !share.unsent.empty() && left_of_turn > 0; --left_of_turn) {
    auto& change = share.unsent.front();
    // One that finds no room is sent with a later turn; one that is lost on its way is noticed by
    // the generation in the prober's leases, and all is sent again.
    share.more = send(socket_, sender_, change.piece(spec_of), prober.peer);
    if (!share.more) return;
    change.sent();
    tell_left_out(change);
    if (!change.done()) continue;
    share.pieces = change.count();
    share.behind = 0;
    share.unsent.pop_front();
    if (share.unsent.empty())
      log::info("assignment sent prober={} targets={} generation={} pieces={}",
                escape_untrusted(prober.name, 80), prober.targets.size(), prober.generation,
                share.pieces);
  }
  share.more = !share.unsent.empty();
}

/// The configuration admits no target as large as that; should one come all the same, the others
/// are probed.
void Control::tell_left_out(TargetPieces& change) {
  for (const auto& [key, bytes] : change.take_left_out())
    if (left_out_.is_first(key))
      log::error("a target is too large for a message and is not probed target={} bytes={} most={}",
                 escape_untrusted(key, 80), bytes, max_element_bytes);
}

std::map<std::string, std::int64_t> Control::take_acks() { return std::exchange(acks_, {}); }

}  // namespace stalewatch::aggregator
