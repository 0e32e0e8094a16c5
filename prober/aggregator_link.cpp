#include "prober/aggregator_link.hpp"

#include "common/base/text.hpp"
#include "common/process/log.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch::prober {
namespace {

using namespace std::chrono_literals;

constexpr auto period = 1s;            // of hellos and leases, or a third of a shorter lease
constexpr auto not_connected = 100ms;  // until the socket takes a message; the least period
constexpr auto first_complaint = 5s;   // any order of starting is fine, so not at once
constexpr auto complaint_period = 60s;
constexpr int messages_per_turn = 64;
/// Shorter leases than this would make each hiccup a loss.
constexpr Duration least_silence = 3s;

}  // namespace

AggregatorLink::AggregatorLink(zmq::context_t& context, std::string endpoint, Hello hello,
                               const Now& now)
    : endpoint_(std::move(endpoint)),
      hello_(std::move(hello)),
      name_(hello_.name),
      sender_(hello_.name, hello_.instance),
      socket_(make_control_dealer(context, endpoint_)),
      next_(now.mono),
      last_heard_(now.mono),
      next_complaint_(now.mono + first_complaint) {}

void AggregatorLink::receive(const Now& now, const Handlers& handlers) {
  for (int i = 0; i < messages_per_turn; ++i) {
    const auto frames = stalewatch::receive(socket_, bad_);
    if (!frames) return;
    if (frames->topic == topic_of<Targets>())
      take_targets(*frames, now, handlers.on_change);
    else if (frames->topic == topic_of<LeaseReply>())
      take_reply(*frames, now);
    else if (frames->topic == topic_of<Ack>()) {
      if (const auto ack = decoded<Ack>(*frames, bad_)) handlers.on_ack(*ack);
    }
    // Other topics belong to newer aggregators.
  }
}

void AggregatorLink::take_targets(const Frames& frames, const Now& now,
                                  const std::function<void(AssignmentChange)>& on_change) {
  auto piece = decoded<Targets>(frames, bad_);
  if (!piece) return ask_again(now);
  switch (pieces_.take(*std::move(piece))) {
    case AssignmentPieces::Took::more:
      return heard(now);
    case AssignmentPieces::Took::out_of_order:
      if (joined_) log::warn("a piece of the assignment is missing, asking for all of it");
      return ask_again(now);
    case AssignmentPieces::Took::complete:
      break;
  }
  heard(now);
  AssignmentChange change = std::move(pieces_.change());
  if (change.lease > Duration::zero()) lease_ = change.lease;
  if (change.name && *change.name != name_) {
    name_ = *change.name;
    log::info("the aggregator calls this prober {}", escape_untrusted(name_, 200));
  }
  log::info("assignment generation={} full={} added={} removed={}", change.generation, change.full,
            change.added.size(), change.removed.size());
  on_change(std::move(change));
  next_ = now.mono;  // tells by a lease which generation is in force
}

void AggregatorLink::take_reply(const Frames& frames, const Now& now) {
  const auto reply = decoded<LeaseReply>(frames, bad_);
  if (!reply) return;
  const bool first_ping = !pings_.best();
  pings_.add(reply->lease_sent_at, reply->now, now.wall);
  reload_word_.heard(reply->reloaded_at);
  // Tells by a lease how far the clocks are apart: samples wait for that.
  if (first_ping) next_ = now.mono;
  if (reply->known)
    heard(now);
  else
    ask_again(now);
}

void AggregatorLink::heard(const Now& now) {
  last_heard_ = now.mono;
  if (joined_) return;
  joined_ = true;
  log::info("{} the aggregator endpoint={}", was_joined_ ? "back with" : "joined", endpoint_);
  was_joined_ = true;
}

void AggregatorLink::ask_again(const Now& now) {
  joined_ = false;
  next_complaint_ = now.mono + first_complaint;
}

void AggregatorLink::tick(const Now& now, const NewsFacts& news) {
  if (now.mono < next_) return;
  const auto silence = std::max(lease_, least_silence);
  if (joined_ && now.mono - last_heard_ > silence) {
    joined_ = false;
    next_complaint_ = now.mono;
  }
  bool sent = false;
  if (joined_) {
    sent = renew(now, news);
  } else {
    tell_waiting(now);
    sent = send(socket_, sender_, hello_);
  }
  next_ = now.mono + (sent ? std::clamp<Duration>(lease_ / 3, not_connected, period)
                           : Duration{not_connected});
}

bool AggregatorLink::renew(const Now& now, const NewsFacts& news) {
  Lease lease{.instance = hello_.instance,
              .generation = pieces_.generation(),
              .last_news_seq = news.last,
              .sent_at = now.wall,
              .oldest_news_seq = news.oldest};
  if (const auto clock = pings_.best()) {
    lease.clock_offset = clock->offset;
    lease.clock_uncertainty = clock->uncertainty;
  }
  if (news.dropped.count > 0) {
    lease.dropped = news.dropped.count;
    lease.dropped_from = news.dropped.from;
    lease.dropped_to = news.dropped.to;
  }
  return send(socket_, sender_, lease);
}

void AggregatorLink::tell_waiting(const Now& now) {
  if (now.mono < next_complaint_) return;
  next_complaint_ = now.mono + complaint_period;
  if (was_joined_)
    log::warn("the aggregator does not answer, going on with the last assignment endpoint={}",
              endpoint_);
  else
    log::warn("waiting for the aggregator endpoint={}{}", endpoint_, why_unreached(endpoint_));
}

void AggregatorLink::goodbye(std::uint64_t last_news_seq) {
  send(socket_, sender_, Goodbye{hello_.instance, last_news_seq});
}

}  // namespace stalewatch::prober
