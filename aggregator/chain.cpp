#include "aggregator/chain.hpp"

#include <algorithm>

namespace stalewatch::aggregator {
namespace {

using namespace std::chrono_literals;

/// Probes of one target may take their timeout, and a prober may be restarted in between.
constexpr int intervals_without_samples = 3;
constexpr Duration least_without_samples = 15s;
/// Group commits take milliseconds.
constexpr Duration uncommitted_limit = 10s;
/// Consumers repeat their ack every 5 s, whether or not anything happened.
constexpr Duration unheard_limit = 15s;
/// A consumer has stored what was published so long ago, or it is stuck.
constexpr Duration lag_limit = 30s;

std::string seconds(Duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count()) + "s";
}

}  // namespace

Chain::Chain(SteadyTime start) : sampled_(start), written_(start), now_(start) {}

void Chain::configure(const std::vector<std::string>& consumers) {
  const auto before = std::exchange(consumers_, {});
  for (const auto& name : consumers) {
    const auto known = std::find_if(before.begin(), before.end(),
                                    [&](const auto& consumer) { return consumer.name == name; });
    consumers_.push_back(known == before.end() ? Consumer{name} : *known);
  }
}

std::string Chain::step(const ChainTurn& turn, SteadyTime now) {
  now_ = now;
  if (turn.samples != std::exchange(samples_, turn.samples)) sampled_ = now;
  const bool commits = turn.committed != std::exchange(committed_, turn.committed);
  if (turn.queued == 0 || commits) written_ = now;
  for (auto& consumer : consumers_) {
    const auto ack = turn.acks.find(consumer.name);
    if (ack == turn.acks.end()) continue;
    consumer.heard = now;
    consumer.acked = ack->second;
  }
  if (!heads_.empty() && heads_.back().second > turn.head) heads_.clear();  // another journal
  heads_.emplace_back(now, turn.head);
  while (heads_.size() > 1 && heads_[1].first <= now - lag_limit) heads_.pop_front();

  const Duration silence =
      std::max<Duration>(least_without_samples, turn.shortest_interval * intervals_without_samples);
  if (now - sampled_ > silence) return "no samples for " + seconds(silence);
  if (!turn.journal_trouble.empty()) return turn.journal_trouble;
  if (now - written_ > uncommitted_limit)
    return "the journal commits nothing for " + seconds(uncommitted_limit);
  for (const auto& consumer : consumers_)
    if (auto trouble = consumer_trouble(consumer); !trouble.empty()) return trouble;
  return {};
}

std::string Chain::consumer_trouble(const Consumer& consumer) const {
  const auto who = "consumer " + consumer.name;
  if (consumer.acked < 0) return who + " has acknowledged nothing yet";
  if (now_ - consumer.heard > unheard_limit)
    return who + " is silent for " + seconds(unheard_limit);
  const auto& [since, head] = heads_.front();
  if (now_ - since >= lag_limit && consumer.acked < head)
    return who + " has acknowledged event " + std::to_string(consumer.acked) + " only, of " +
           std::to_string(head) + " that there were " + seconds(lag_limit) + " ago";
  return {};
}

}  // namespace stalewatch::aggregator
